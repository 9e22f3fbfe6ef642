-- A fraction as pages write percentages: the more decimals, the smaller it is.
create or replace macro percent_text(fraction) as case
    when abs(cast(fraction as double)) < 0.000995
        and abs(cast(fraction as double) * 10000 - round(cast(fraction as double) * 10000)) >= 0.05
        then format('{:.3f}%', cast(fraction as double) * 100)
    when abs(cast(fraction as double)) < 0.09995 then format('{:.2f}%', cast(fraction as double) * 100)
    else format('{:.1f}%', cast(fraction as double) * 100)
end
