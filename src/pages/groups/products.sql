-- What did those order who are now in the list or segment $id, on local days from $start to before $before? One row per product.
select
    coalesce(product, 'Not told') as product,
    count(distinct profile_id) as buyers,
    cast(sum(quantity) as double) as quantity,
    cast(coalesce(sum(amount), 0) as double) as product_revenue
from bought_products
where $start <= ordered_on and ordered_on < $before
    and profile_id in (select profile_id from memberships where group_id = $id)
group by product
