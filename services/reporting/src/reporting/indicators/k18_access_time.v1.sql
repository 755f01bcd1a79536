-- ---
-- key: k18
-- version: v1
-- valid_from: 2020-01-01
-- title: Access time
-- unit: working_day
-- kind: median
-- decimals: 1
-- definition: Median number of working days between the request and the first offered slot. Third-next-available needs the free capacity at the time, which no event tells yet, so this version does not give it.
-- population: visit.confirmed, the first offer to each visit; its slot is the earliest start of its appointments.
-- clock: The local day of the offer (occurredAt); working days are Monday to Friday without the holidays of calendar.yaml.
-- source: domain catalogue K18
-- events: [visit.confirmed, case.created]
-- runs: month
-- by: [location, municipality, organisation, case_type]
-- details:
--   p90: the 90th percentile, by nearest rank
--   mean: mean number of working days
-- ---
with offers as (
    select
        data ->> 'visitId' as visit_id,
        min_by(id, (cast(data ->> 'revision' as integer), id)) as id,
        min_by(case_id, (cast(data ->> 'revision' as integer), id)) as case_id,
        min_by(occurred_at, (cast(data ->> 'revision' as integer), id)) as offered_at,
        min_by(data, (cast(data ->> 'revision' as integer), id)) as data
    from facts
    where topic = 'visit.confirmed'
    group by visit_id
),
slots as (
    select visit_id, min(cast(item ->> 'startsAt' as timestamptz)) as starts_at
    from (select visit_id, unnest(cast(data -> 'items' as json[])) as item from offers)
    group by visit_id
)
select
    o.id as event_id,
    local_day(o.offered_at) as day,
    'offer' as role,
    []::uuid[] as evidence,
    cast(slot.number - request.number as integer) as days_waited,
    o.data ->> 'locationId' as location,
    c.municipality,
    c.organisation,
    c.case_type
from offers o
join slots s on s.visit_id = o.visit_id
join working_days slot on slot.day = local_day(s.starts_at)
join working_days request on request.day = local_day(o.data ->> 'requestedAt')
left join cases c on c.case_id = o.case_id;

select
    grp,
    count(*) as n,
    cast(quantile_cont(days_waited, 0.5) as decimal(18, 1)) as value,
    quantile_disc(days_waited, 0.9) as p90,
    struct_pack(numerator := cast(sum(days_waited) as bigint), denominator := count(*)) as mean
from counted
group by grp;
