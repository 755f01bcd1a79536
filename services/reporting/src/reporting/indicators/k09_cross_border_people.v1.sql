-- ---
-- key: k09
-- version: v1
-- valid_from: 2020-01-01
-- title: Cross-border people informed
-- unit: person
-- kind: count
-- decimals: 0
-- definition: Number of distinct client pseudonyms over the cross-border information points together; beside it the number of contacts, and those without a pseudonym apart.
-- population: contact.registered of the services named in populations.yaml.
-- clock: The local day on which the contact took place (occurredAt).
-- source: domain catalogue K9
-- events: [contact.registered]
-- runs: year
-- by: [service, country_pair, language]
-- details:
--   contacts: all contacts, with and without a pseudonym
--   anonymous: contacts without a pseudonym, which are no part of the value
-- ---
select
    f.id as event_id,
    local_day(f.occurred_at) as day,
    case when (f.data ->> 'clientPseudonym') is null then 'anonymous' else 'person' end as role,
    []::uuid[] as evidence,
    f.data ->> 'clientPseudonym' as client,
    f.data ->> 'service' as service,
    f.data ->> 'countryPair' as country_pair,
    f.data ->> 'language' as language
from facts f
join populations p
    on p.indicator = 'k09' and p.field = 'service' and p.value = (f.data ->> 'service')
    and local_day(f.occurred_at) >= p.valid_from and local_day(f.occurred_at) < p.valid_to
where f.topic = 'contact.registered';

select
    grp,
    count(*) as n,
    count(distinct client) as value,
    count(*) as contacts,
    count(*) filter (role = 'anonymous') as anonymous
from counted
group by grp;
