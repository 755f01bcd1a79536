-- ---
-- key: k05
-- version: v1
-- valid_from: 2020-01-01
-- title: BSN speed
-- unit: share
-- kind: share
-- decimals: 4
-- definition: Share of citizen service numbers issued within the norm, in calendar days from clockStart to issuedOn; the norm is the one in force on clockStart (norms.yaml, bsn_issued).
-- population: bsn.issued, one for each person.
-- clock: The day of issue (issuedOn, a date).
-- source: domain catalogue K5
-- events: [bsn.issued, case.created]
-- runs: month
-- by: [municipality, organisation, case_type, route, start_event, norm_days]
-- details:
--   median_days: median number of calendar days
--   p90_days: the 90th percentile of calendar days, by nearest rank
-- ---
select
    f.id as event_id,
    cast(f.data ->> 'issuedOn' as date) as day,
    date_diff('day', cast(f.data ->> 'clockStart' as date), cast(f.data ->> 'issuedOn' as date)) as days_taken,
    case when days_taken <= norm.days then 'within_norm' else 'beyond_norm' end as role,
    []::uuid[] as evidence,
    norm.days as norm_days,
    f.data ->> 'route' as route,
    f.data ->> 'startEvent' as start_event,
    c.municipality,
    c.organisation,
    c.case_type
from facts f
join norms norm
    on norm.norm = 'bsn_issued'
    and cast(f.data ->> 'clockStart' as date) >= norm.valid_from and cast(f.data ->> 'clockStart' as date) < norm.valid_to
left join cases c on c.case_id = f.case_id
where f.topic = 'bsn.issued';

select
    grp,
    count(*) as n,
    count(*) filter (role = 'within_norm') as numerator,
    count(*) as denominator,
    cast(quantile_cont(days_taken, 0.5) as decimal(18, 1)) as median_days,
    quantile_disc(days_taken, 0.9) as p90_days
from counted
group by grp;
