-- ---
-- key: k08
-- version: v1
-- valid_from: 2020-01-01
-- title: Employers served
-- unit: organisation
-- kind: count
-- decimals: 0
-- definition: Number of distinct organisations with at least one case or contact.
-- population: case.created and contact.registered that name an organisation. Recognised are those with a case of a type that only a recognised sponsor may bring (populations.yaml) and that passed screening, which asks for the register on that date.
-- clock: The local day on which the case was received or the contact took place (occurredAt).
-- source: domain catalogue K8
-- events: [case.created, contact.registered, case.screened]
-- runs: year
-- by: [municipality, case_type]
-- details:
--   recognised: organisations that were recognised sponsors on the date of a case
--   cases: cases that name an organisation
--   contacts: contacts that name an organisation
-- ---
with accepted as (
    select case_id, list(distinct id order by id) as evidence
    from facts
    where topic = 'case.screened' and (data ->> 'outcome') = 'accepted'
    group by case_id
)
select
    f.id as event_id,
    local_day(f.occurred_at) as day,
    case when f.topic = 'case.created' then 'case' else 'contact' end as role,
    case when p.value is null then [] else coalesce(a.evidence, []) end as evidence,
    f.data ->> 'organisationId' as organisation,
    p.value is not null and a.case_id is not null as recognised,
    c.municipality,
    c.case_type
from facts f
left join accepted a on a.case_id = f.case_id and f.topic = 'case.created'
left join populations p
    on p.indicator = 'k08' and p.field = 'recognised_case_type' and p.value = (f.data ->> 'caseType')
    and local_day(f.occurred_at) >= p.valid_from and local_day(f.occurred_at) < p.valid_to
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
