-- ---
-- key: k18
-- version: v2
-- valid_from: 2027-01-01
-- title: Access time
-- unit: working_day
-- kind: median
-- decimals: 1
-- definition: Median number of working days between the request and the first offered slot. Beside it the third next available, which is to the third day (the offered one being the first) on which the same visit would have had room when it was planned. Version 1 could not give that; this one holds from the first month of which every plan says it.
-- population: visit.confirmed, the first offer to each visit; its slot is the earliest start of its appointments; the third day is that of the proposal with the same revision (visit.proposed), and offers without one are no part of the third next available.
-- clock: The local day of the offer (occurredAt); working days are Monday to Friday without the holidays of calendar.yaml.
-- source: domain catalogue K18
-- events: [visit.confirmed, visit.proposed, case.created]
-- runs: month
-- by: [location, municipality, organisation, case_type]
-- details:
--   p90: the 90th percentile, by nearest rank
--   mean: mean number of working days
--   third_next_available: median number of working days between the request and the third day with room
--   with_third_day: offers of which that day is known
-- ---
with offers as (
    select
        data ->> 'visitId' as visit_id,
        min_by(id, (cast(data ->> 'revision' as integer), id)) as id,
        min_by(case_id, (cast(data ->> 'revision' as integer), id)) as case_id,
        min_by(occurred_at, (cast(data ->> 'revision' as integer), id)) as offered_at,
        min_by(data, (cast(data ->> 'revision' as integer), id)) as data,
        min(cast(data ->> 'revision' as integer)) as revision
    from facts
    where topic = 'visit.confirmed'
    group by visit_id
),
proposals as (
    select
        data ->> 'visitId' as visit_id,
        cast(data ->> 'revision' as integer) as revision,
        min(cast(data ->> 'thirdAvailableDay' as date)) as third_day,
        list(distinct id order by id) as evidence
    from facts
    where topic = 'visit.proposed' and (data ->> 'thirdAvailableDay') is not null
    group by all
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
    coalesce(p.evidence, []) as evidence,
    cast(slot.number - request.number as integer) as days_waited,
    cast(third.number - request.number as integer) as third_waited,
    o.data ->> 'locationId' as location,
    c.municipality,
    c.organisation,
    c.case_type
from offers o
join slots s on s.visit_id = o.visit_id
join working_days slot on slot.day = local_day(s.starts_at)
join working_days request on request.day = local_day(o.data ->> 'requestedAt')
left join proposals p on p.visit_id = o.visit_id and p.revision = o.revision
left join working_days third on third.day = p.third_day
left join cases c on c.case_id = o.case_id;

select
    grp,
    count(*) as n,
    cast(quantile_cont(days_waited, 0.5) as decimal(18, 1)) as value,
    quantile_disc(days_waited, 0.9) as p90,
    struct_pack(numerator := cast(sum(days_waited) as bigint), denominator := count(*)) as mean,
    cast(quantile_cont(third_waited, 0.5) as decimal(18, 1)) as third_next_available,
    count(third_waited) as with_third_day
from counted
group by grp;
