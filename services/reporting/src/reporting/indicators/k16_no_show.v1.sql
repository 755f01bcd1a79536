-- ---
-- key: k16
-- version: v1
-- valid_from: 2020-01-01
-- title: No-show and late cancellation
-- unit: share
-- kind: share
-- decimals: 4
-- definition: Appointments to which nobody came, as a share of those completed or not come to. Late cancellations are counted apart and are no part of the share.
-- population: appointment.completed, appointment.no-show and late appointment.cancelled; of one appointment the last recorded outcome.
-- clock: The local day of the appointment (startsAt).
-- source: domain catalogue K16
-- events: [appointment.completed, appointment.no-show, appointment.cancelled, appointment.booked, notification.sent, case.created]
-- runs: month
-- by: [location, desk, lead_time, reminded, municipality]
-- details:
--   late_cancelled: appointments cancelled late
-- ---
with booked as (
    select data ->> 'appointmentId' as appointment_id, min(cast(data ->> 'requestedAt' as timestamptz)) as requested_at
    from facts
    where topic = 'appointment.booked'
    group by appointment_id
),
reminders as (
    select n.case_id, cast(n.occurred_at as timestamptz) as sent_at, n.id
    from facts n
    join populations p
        on p.indicator = 'k16' and p.field = 'reminder_template' and p.value = (n.data ->> 'templateKey')
        and local_day(n.occurred_at) >= p.valid_from and local_day(n.occurred_at) < p.valid_to
    where n.topic = 'notification.sent'
),
outcomes as (
    select
        data ->> 'appointmentId' as appointment_id,
        max_by(id, (occurred_at, id)) as id,
        max_by(topic, (occurred_at, id)) as topic,
        max_by(case_id, (occurred_at, id)) as case_id,
        max_by(data, (occurred_at, id)) as data
    from facts
    where topic in ('appointment.completed', 'appointment.no-show')
        or (topic = 'appointment.cancelled' and (data ->> 'late') = 'true')
    group by appointment_id
),
reminded as (
    select o.id, list(distinct r.id order by r.id) as evidence
    from outcomes o
    join reminders r
        on r.case_id = o.case_id
        and r.sent_at < cast(o.data ->> 'startsAt' as timestamptz)
        and r.sent_at >= cast(o.data ->> 'startsAt' as timestamptz) - interval 7 day
    group by o.id
)
select
    o.id as event_id,
    local_day(o.data ->> 'startsAt') as day,
    case o.topic when 'appointment.no-show' then 'no_show' when 'appointment.completed' then 'completed' else 'late_cancelled' end as role,
    coalesce(r.evidence, []) as evidence,
    o.data ->> 'locationId' as location,
    o.data ->> 'deskId' as desk,
    case
        when b.requested_at is null then null
        when date_diff('day', local_day(b.requested_at), local_day(o.data ->> 'startsAt')) <= 2 then '0-2 days'
        when date_diff('day', local_day(b.requested_at), local_day(o.data ->> 'startsAt')) <= 7 then '3-7 days'
        when date_diff('day', local_day(b.requested_at), local_day(o.data ->> 'startsAt')) <= 14 then '8-14 days'
        else '15 days or more'
    end as lead_time,
    case when r.id is null then 'no' else 'yes' end as reminded,
    c.municipality
from outcomes o
left join booked b on b.appointment_id = o.appointment_id
left join reminded r on r.id = o.id
left join cases c on c.case_id = o.case_id;

select
    grp,
    count(*) as n,
    count(*) filter (role = 'no_show') as numerator,
    count(*) filter (role in ('no_show', 'completed')) as denominator,
    count(*) filter (role = 'late_cancelled') as late_cancelled
from counted
group by grp;
