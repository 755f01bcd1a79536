-- ---
-- key: k20
-- version: v1
-- valid_from: 2020-01-01
-- title: Message quality
-- unit: share
-- kind: share
-- decimals: 4
-- definition: Share of requested messages that were delivered. No receipts are told yet, so in this version a message counts as delivered when the provider has taken it (notification.sent).
-- population: notification.requested, one for each message; suppressed messages stay in the denominator and are shown apart.
-- clock: The local day of the request (occurredAt).
-- source: domain catalogue K20
-- events: [notification.requested, notification.sent, notification.failed, notification.suppressed, case.created]
-- runs: month
-- by: [template, channel, locale, municipality]
-- details:
--   preferred_language: share of the messages sent that were in the preferred language
--   language_fallback: share of the messages sent whose wording fell back to another language
--   failed: messages that were not sent
--   unknown: messages of which nobody can say whether they were sent
--   suppressed: messages that were not needed any more or not allowed
-- ---
with outcomes as (
    select
        data ->> 'messageId' as message_id,
        max_by(topic, (topic = 'notification.sent', occurred_at, id)) as topic,
        max_by(data, (topic = 'notification.sent', occurred_at, id)) as data,
        list(distinct id order by id) as evidence
    from facts
    where topic in ('notification.sent', 'notification.failed', 'notification.suppressed')
    group by message_id
),
requests as (
    select
        data ->> 'messageId' as message_id,
        min_by(id, (occurred_at, id)) as id,
        min_by(case_id, (occurred_at, id)) as case_id,
        min_by(occurred_at, (occurred_at, id)) as occurred_at,
        min_by(data, (occurred_at, id)) as data
    from facts
    where topic = 'notification.requested'
    group by message_id
)
select
    r.id as event_id,
    local_day(r.occurred_at) as day,
    case o.topic
        when 'notification.sent' then 'sent'
        when 'notification.failed' then o.data ->> 'outcome'
        when 'notification.suppressed' then 'suppressed'
        else 'under_way'
    end as role,
    coalesce(o.evidence, []) as evidence,
    (o.data ->> 'locale') = (o.data ->> 'preferredLocale') as preferred,
    (o.data ->> 'localeFallback') = 'true' as fallback,
    r.data ->> 'templateKey' as template,
    r.data ->> 'channel' as channel,
    r.data ->> 'locale' as locale,
    c.municipality
from requests r
left join outcomes o on o.message_id = r.message_id
left join cases c on c.case_id = r.case_id;

select
    grp,
    count(*) as n,
    count(*) filter (role = 'sent') as numerator,
    count(*) as denominator,
    struct_pack(numerator := count(*) filter (role = 'sent' and preferred), denominator := count(*) filter (role = 'sent')) as preferred_language,
    struct_pack(numerator := count(*) filter (role = 'sent' and fallback), denominator := count(*) filter (role = 'sent')) as language_fallback,
    count(*) filter (role = 'failed') as failed,
    count(*) filter (role = 'unknown') as unknown,
    count(*) filter (role = 'suppressed') as suppressed
from counted
group by grp;
