-- ---
-- key: k06
-- version: v1
-- valid_from: 2020-01-01
-- title: Permit speed
-- unit: share
-- kind: share
-- decimals: 4
-- definition: Share of decisions on permits for highly skilled migrants and their families taken within the norm (14 calendar days) after application (norms.yaml, permit_decided, in force on appliedOn).
-- population: permit.decided with a purpose named in populations.yaml, granted or not.
-- clock: The day of the decision (decidedOn, a date).
-- source: domain catalogue K6
-- events: [permit.decided, case.created]
-- runs: month
-- by: [purpose, municipality, organisation, granted]
-- details:
--   median_days: median number of calendar days
--   p90_days: the 90th percentile of calendar days, by nearest rank
-- ---
select
    f.id as event_id,
    cast(f.data ->> 'decidedOn' as date) as day,
    date_diff('day', cast(f.data ->> 'appliedOn' as date), cast(f.data ->> 'decidedOn' as date)) as days_taken,
    case when days_taken <= norm.days then 'within_norm' else 'beyond_norm' end as role,
    []::uuid[] as evidence,
    f.data ->> 'purpose' as purpose,
    f.data ->> 'granted' as granted,
    c.municipality,
    c.organisation
from facts f
join norms norm
    on norm.norm = 'permit_decided'
    and cast(f.data ->> 'appliedOn' as date) >= norm.valid_from and cast(f.data ->> 'appliedOn' as date) < norm.valid_to
join populations p
    on p.indicator = 'k06' and p.field = 'purpose' and p.value = (f.data ->> 'purpose')
    and cast(f.data ->> 'decidedOn' as date) >= p.valid_from and cast(f.data ->> 'decidedOn' as date) < p.valid_to
left join cases c on c.case_id = f.case_id
where f.topic = 'permit.decided';

select
    grp,
    count(*) as n,
    count(*) filter (role = 'within_norm') as numerator,
    count(*) as denominator,
    cast(quantile_cont(days_taken, 0.5) as decimal(18, 1)) as median_days,
    quantile_disc(days_taken, 0.9) as p90_days
from counted
group by grp;
