-- why: What was decided in reviews of access until the moment ts, by the day of the decision.
-- grain: one decision of a reviewer, in its newest version
-- key: source, review_key, decided_at
-- reads: main.reviews, history.reviews
-- inputs: reviews.decision
-- caveat: a decision counts from decided_at on, also where an export told it later; one that no source dates counts from the run that first saw it. What was decided otherwise later, on another day, is a row of its own. Reviews that were not decided at the moment are not listed. Links to people and accounts are those of the last run. A moment before the first load is an error, and so is NULL.
-- args: ts
select * exclude (nth)
from (
    select v.*, row_number() over (partition by v.source, v.review_key, v.decided_at order by v.is_closed, v._valid_from desc, v._hash) as nth
    from (
        select source, review_key, campaign, reviewer_email, reviewer_identity_key, identity_key, account_key, target_kind, target_name, privilege, status, decision, decided_at, due_at,
            _valid_from, _hash, false as is_closed
        from main.reviews where decision is not null
        union all by name
        select source, review_key, campaign, reviewer_email, reviewer_identity_key, identity_key, account_key, target_kind, target_name, privilege, status, decision, decided_at, due_at,
            _valid_from, _hash, true
        from history.reviews where decision is not null
    ) v
    where coalesce(v.decided_at, v._valid_from) <= {{moment "ts" "infinity"}}
)
where nth = 1
