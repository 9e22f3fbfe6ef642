-- How many conversions are kept?
select count(*) from klaviyo_conversions
