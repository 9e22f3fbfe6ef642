-- The templates there are now, with their HTML as far as it was asked for.
create or replace view templates as
select
    klaviyo_templates.id,
    coalesce(name, klaviyo_templates.id) as name,
    editor_type,
    klaviyo_templates.updated_at,
    -- What was read before the template last changed is its HTML no more.
    case when coalesce(klaviyo_template_html.updated_at >= klaviyo_templates.updated_at, true) then html end as html
from klaviyo_templates
left join klaviyo_template_html on klaviyo_template_html.id = klaviyo_templates.id
where klaviyo_templates.deleted_at is null
