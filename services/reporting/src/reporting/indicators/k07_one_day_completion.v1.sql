-- ---
-- key: k07
-- version: v1
-- valid_from: 2020-01-01
-- title: One-day completion
-- unit: share
-- kind: share
-- decimals: 4
-- definition: Share of confirmed visits with two or more formalities of which every appointment and every product was completed on one local day at one location. Cancelled and missed visits stay in the denominator.
-- population: visit.confirmed, the last plan of each visit, with two or more formalities (products over its appointments).
-- clock: The planned day of the visit (day, a local date).
-- source: domain catalogue K7
-- events: [visit.confirmed, appointment.completed, formality.completed, case.created, visit.cancelled]
-- runs: month
-- by: [location, municipality, organisation, case_type]
-- details:
--   cancelled: visits that were cancelled and not planned again
-- ---
with plans as (
    select
        data ->> 'visitId' as visit_id,
        max_by(id, (cast(data ->> 'revision' as integer), id)) as id,
        max_by(case_id, (cast(data ->> 'revision' as integer), id)) as case_id,
        max_by(data, (cast(data ->> 'revision' as integer), id)) as data,
        max(cast(data ->> 'revision' as integer)) as revision
    from facts
    where topic = 'visit.confirmed'
    group by visit_id
),
planned as (
    select
        visit_id,
        item ->> 'appointmentId' as appointment_id,
        cast(item -> 'products' as varchar[]) as products
    from (select visit_id, unnest(cast(data -> 'items' as json[])) as item from plans)
),
sizes as (
    select
        visit_id,
        count(distinct appointment_id) as appointments,
        sum(len(products)) as formalities,
        len(list_distinct(flatten(list(products)))) as products
    from planned
    group by visit_id
),
finished as (
    select
        visit_id,
        count(distinct appointment_id) as appointments,
        count(distinct place) as places,
        min(day) as day,
        list(distinct id order by id) as evidence
    from (
        select
            a.id,
            p.visit_id,
            p.appointment_id,
            local_day(a.occurred_at) as day,
            (local_day(a.occurred_at), a.data ->> 'locationId') as place
        from facts a
        join planned p on p.appointment_id = (a.data ->> 'appointmentId')
        where a.topic = 'appointment.completed'
    )
    group by visit_id
),
settled as (
    select
        data ->> 'visitId' as visit_id,
        local_day(data ->> 'completedAt') as day,
        count(distinct data ->> 'product') as products,
        list(distinct id order by id) as evidence
    from facts
    where topic = 'formality.completed'
    group by all
),
cancelled as (
    select data ->> 'visitId' as visit_id, max(cast(data ->> 'revision' as integer)) as revision
    from facts
    where topic = 'visit.cancelled' and (data ->> 'replanned') = 'false'
    group by visit_id
)
select
    plan.id as event_id,
    cast(plan.data ->> 'day' as date) as day,
    case
        when finished.appointments = size.appointments and finished.places = 1 and settled.products >= size.products then 'completed_in_one_day'
        when cancelled.visit_id is not null then 'cancelled'
        else 'not_completed_in_one_day'
    end as role,
    coalesce(finished.evidence, []) || coalesce(settled.evidence, []) as evidence,
    plan.data ->> 'locationId' as location,
    c.municipality,
    c.organisation,
    c.case_type
from plans plan
join sizes size on size.visit_id = plan.visit_id and size.formalities >= 2
left join finished on finished.visit_id = plan.visit_id
left join settled on settled.visit_id = plan.visit_id and settled.day = finished.day
left join cancelled on cancelled.visit_id = plan.visit_id and cancelled.revision >= plan.revision
left join cases c on c.case_id = plan.case_id;

select
    grp,
    count(*) as n,
    count(*) filter (role = 'completed_in_one_day') as numerator,
    count(*) as denominator,
    count(*) filter (role = 'cancelled') as cancelled
from counted
group by grp;
