-- why: What is still to be decided in one review campaign of a vendor.
-- grain: one item of the campaign
-- key: review_key
-- reads: main.reviews, main.identities, main.accounts, main.applications, meta.runs, report.external_identities
-- inputs: reviews.campaign,
--   reviews.campaign or reviews.decision or reviews.status or reviews.due_at, reviews.campaign or identities.status or identities.end_on,
--   reviews.campaign or accounts.is_privileged or accounts.last_login_at or accounts.last_activity_at or accounts.dormant_days,
--   reviews.campaign or identities.is_external or identities.employment_type or identities.is_employee
-- optional: report.external_identities
-- args: campaign_name
-- caveat: an item counts as decided if its source tells a decision, or says that it is completed or cancelled. Which thing is reviewed is told by a name alone, so that the way to it, its peers, and whether it is privileged by itself are not known here; to_review(key) has them for an application or a manager. The reviewer is the one whom the campaign names.
-- columns:
--   risk: what sorts the rows, the highest first: the sum of 32 for privileged, 16 for leaver, 8 for external and 4 for unused, so that each counts more than all behind it together
--   risks: these words; NULL: none of them is known
--   source: name of the source that has the campaign
--   campaign: name of the campaign
--   reviewer: name of who is to decide; NULL: no source says
--   reviewer_email: address of the reviewer; NULL: no source says
--   person: name of the identity whose access is reviewed; NULL: no source says
--   person_email: its work e-mail; NULL: no source says
--   person_status: active, inactive, suspended, terminated or unknown; NULL: no source says
--   account: login name or address of the account; NULL: no source says
--   account_status: active, inactive, suspended, terminated or unknown; NULL: no source says
--   application: name of the application of the account; NULL: no source says
--   target_kind: kind of thing that is reviewed, in the vendor's own word; NULL: no source says
--   target: name of what is reviewed, as delivered; NULL: no source says
--   privilege: privilege reviewed, in the vendor's own word; NULL: no source says
--   status: state of the item; NULL: the vendor did not say
--   due_at: time by which it is to be decided; NULL: the vendor did not say
--   recommendation: what the vendor recommends, in its own word; NULL: nothing
--   last_used_at: last use of the account; NULL: never, or no source says
--   idle_days: days since then, or as many as a source says that the account is dormant; NULL: no source says
--   external_by: what says that the person is external, as in report.external_identities; NULL: nothing
--   identity_key: key of the person; NULL: no source says, or nobody is known
--   account_key: key of the account; NULL: no source says
--   application_key: key of the application of the account; NULL: no source says
--   review_key: key of the item in main.reviews
with told as (
    select r.source, r.campaign, m.display_name as reviewer, coalesce(r.reviewer_email, m.email) as reviewer_email, coalesce(i.display_name, i.email, i.username) as person, i.email as person_email,
        i.status as person_status, i.has_left, coalesce(a.username, a.email) as account, a.status as account_status, a.is_privileged, p.name as application, r.target_kind, r.target_name as target,
        r.privilege, r.status, r.due_at, r.recommendation, greatest(a.last_login_at, a.last_activity_at) as last_used_at,
        coalesce({{days_since "greatest(a.last_login_at, a.last_activity_at)"}}, a.dormant_days) as idle_days, e.evidence as external_by, r.identity_key, r.account_key, p.application_key, r.review_key
    from main.reviews r
    left join main.identities m on m.identity_key = r.reviewer_identity_key
    left join (select *, {{ended}} as has_left from main.identities) i on i.identity_key = r.identity_key
    left join main.accounts a on a.account_key = r.account_key
    left join main.applications p on p.application_key = a.application_key
    left join report.external_identities e on e.identity_key = r.identity_key
    where r.campaign = campaign_name and r.decision is null and (r.status is null or r.status not in ('completed', 'cancelled'))
),
weighed as (
    select *, list_filter([
            case when is_privileged then 'privileged' end,
            case when has_left then 'leaver' end,
            case when external_by is not null then 'external' end,
            case when idle_days >= {{setting "unused_days"}} then 'unused' end
        ], w -> w is not null) as words
    from told
)
select coalesce(list_sum(list_transform(words, w -> case w when 'privileged' then 32 when 'leaver' then 16 when 'external' then 8 else 4 end)), 0)::integer as risk,
    nullif(array_to_string(words, ', '), '') as risks, source, campaign, reviewer, reviewer_email, person, person_email, person_status, account, account_status, application,
    target_kind, target, privilege, status, due_at, recommendation, last_used_at, idle_days, external_by, identity_key, account_key, application_key, review_key
from weighed
order by risk desc, due_at, reviewer, person, account, target, review_key
