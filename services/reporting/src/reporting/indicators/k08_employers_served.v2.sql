-- ---
-- key: k08
-- version: v2
-- valid_from: 2027-01-01
-- title: Employers served
-- unit: organisation
-- kind: count
-- decimals: 0
-- definition: Number of distinct organisations with at least one case or contact; beside it those among them that were recognised sponsors on the date of a case. Version 1 inferred that from the type of the case; this one holds from the first year of which every screening says it.
-- population: case.created and contact.registered that name an organisation. Recognised are those with a case whose last screening found them in the register of recognised sponsors on the day the case was received (sponsorStatus).
-- clock: The local day on which the case was received or the contact took place (occurredAt).
-- source: domain catalogue K8
-- events: [case.created, contact.registered, case.screened]
-- runs: year
-- by: [municipality, case_type, sponsor_status]
-- details:
--   recognised: organisations that were recognised sponsors on the date of a case
--   cases: cases that name an organisation
--   contacts: contacts that name an organisation
-- ---
with screenings as (
    select
        case_id,
        max_by(data ->> 'sponsorStatus', (sequence, id)) as sponsor_status,
        [max_by(id, (sequence, id))] as evidence
    from facts
    where topic = 'case.screened'
    group by case_id
)
select
    f.id as event_id,
    local_day(f.occurred_at) as day,
    case when f.topic = 'case.created' then 'case' else 'contact' end as role,
    coalesce(s.evidence, []) as evidence,
    f.data ->> 'organisationId' as organisation,
    s.sponsor_status,
    coalesce(s.sponsor_status = 'recognised', false) as recognised,
    c.municipality,
    c.case_type
from facts f
left join screenings s on s.case_id = f.case_id and f.topic = 'case.created'
left join cases c on c.case_id = f.case_id
where f.topic in ('case.created', 'contact.registered') and (f.data ->> 'organisationId') is not null;

select
    grp,
    count(*) as n,
    count(distinct organisation) as value,
    count(distinct organisation) filter (recognised) as recognised,
    count(*) filter (role = 'case') as cases,
    count(*) filter (role = 'contact') as contacts
from counted
group by grp;
