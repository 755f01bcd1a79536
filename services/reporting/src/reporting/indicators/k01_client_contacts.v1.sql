-- ---
-- key: k01
-- version: v1
-- valid_from: 2020-01-01
-- title: Client contacts
-- unit: contact
-- kind: count
-- decimals: 0
-- definition: Number of successful contacts with clients at the expat centre that the client began or took part in.
-- population: contact.registered of the services named in populations.yaml, succeeded, direction in or two-way.
-- clock: The local day on which the contact took place (occurredAt).
-- source: domain catalogue K1
-- events: [contact.registered, case.created]
-- runs: year
-- by: [channel, language, organisation, municipality]
-- ---
select
    f.id as event_id,
    local_day(f.occurred_at) as day,
    'contact' as role,
    []::uuid[] as evidence,
    f.data ->> 'channel' as channel,
    f.data ->> 'language' as language,
    f.data ->> 'organisationId' as organisation,
    c.municipality
from facts f
join populations p
    on p.indicator = 'k01' and p.field = 'service' and p.value = (f.data ->> 'service')
    and local_day(f.occurred_at) >= p.valid_from and local_day(f.occurred_at) < p.valid_to
left join cases c on c.case_id = f.case_id
where f.topic = 'contact.registered'
    and (f.data ->> 'succeeded') = 'true'
    and (f.data ->> 'direction') in ('in', 'two_way');

select grp, count(*) as n, count(*) as value
from counted
group by grp;
