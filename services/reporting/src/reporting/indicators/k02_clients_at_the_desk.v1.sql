-- ---
-- key: k02
-- version: v1
-- valid_from: 2020-01-01
-- title: Clients assisted at the desk
-- unit: person_visit
-- kind: count
-- decimals: 0
-- definition: Number of distinct pairs of person and day with at least one formality completed at the international centre. A person is known within one case only.
-- population: formality.completed of visits with an appointment completed for that product at a location named in populations.yaml.
-- clock: The local day on which the formality was completed (completedAt).
-- source: domain catalogue K2
-- events: [formality.completed, appointment.completed, case.created]
-- runs: year
-- by: [product, municipality, organisation]
-- details:
--   formalities: formalities completed (one for each event)
-- ---
with desks as (
    select a.id, a.data ->> 'visitId' as visit_id, unnest(cast(a.data -> 'products' as varchar[])) as product
    from facts a
    join populations p
        on p.indicator = 'k02' and p.field = 'location' and p.value = (a.data ->> 'locationId')
        and local_day(a.occurred_at) >= p.valid_from and local_day(a.occurred_at) < p.valid_to
    where a.topic = 'appointment.completed'
),
served as (
    select visit_id, product, list(distinct id order by id) as evidence
    from desks
    group by visit_id, product
)
select
    f.id as event_id,
    local_day(f.data ->> 'completedAt') as day,
    'formality' as role,
    s.evidence,
    f.case_id,
    unnest(cast(f.data -> 'persons' as integer[])) as person,
    f.data ->> 'product' as product,
    c.municipality,
    c.organisation
from facts f
join served s on s.visit_id = (f.data ->> 'visitId') and s.product = (f.data ->> 'product')
left join cases c on c.case_id = f.case_id
where f.topic = 'formality.completed';

select
    grp,
    count(distinct event_id) as n,
    count(distinct (case_id, person, day)) as value,
    count(distinct event_id) as formalities
from counted
group by grp;
