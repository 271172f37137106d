-- why: Everything that ever changed in people, accounts and other things, and in who has what: what changes_between answers, but from any attached database. Filter by changed_at.
-- grain: one thing or edge that was added, removed or changed in one run; and one dataset of a source that a run could not see (change is unseen)
-- key: changed_at, table_name, key, _source, _dataset, before, after
-- reads: all tables of main about things, all tables of history about things, all tables of observed about things, all tables of observed_history about things, meta.links, history.links, meta.key_changes, meta.runs, meta.exports, meta.drift, meta.gates, meta.findings
-- caveat: a change has the time of the run that saw it. If cause is not data, something else was new in the export whose statement about the thing came, went or changed, and the thing may have changed for that reason rather than at the vendor. Of several such exports,
--   one with the cause data is preferred. What an export that is missing or held would have changed is not known: for it there is a line unseen, and what the next load changes may have changed at that time. A filter by a constant is fast; with a subquery in its place DuckDB first computes all changes of all time.
-- columns:
--   changed_at: time of the run that saw it
--   change: added, removed or changed; unseen: the run did not receive an export, or held it, so that its changes are not known
--   table_name: table of main; NULL if unseen
--   key: key of the thing or grant; NULL for identity_accounts, whose two keys are in before and after, and if unseen
--   _source: source of the export that the cause is about; NULL where no statement about the thing changed
--   _dataset: dataset of that export; NULL where _source is
--   before: the thing as it was, as JSON; NULL if added or unseen
--   after: the thing as it became, as JSON; NULL if removed or unseen
--   cause: first load, source dropped (a person took the source out of the file), contract changed, request changed (it was narrowed or widened), part missing (a person accepted that), part gone (from the vendor's own list, see meta.findings), column missing (the load before had it), column returned, values missing or replaced (a person accepted that, see meta.gates), rejects (their number differs from that of the load before), data (nothing else was new: the vendor's own change), or links changed (no statement about the thing came, went or changed, but other statements are now linked to it, or to what it refers to); if unseen: export held, export missing, part missing, column missing, values missing or replaced (the reason for which it was held), or rejects (no row was closed, since the rejects may stand for those that are missing; see meta.exports)
--   link_change: how statements passed from one thing to another, see meta.key_changes: merge (two things became one: the one that is removed is not gone), split or move; NULL: no statement did
--   other_keys: keys of the other things in that merge, split or move; NULL where link_change is
--   event: what the change means, in words joined by commas. Of grants: granted, revoked, expired (gone, and its expires_at had passed), denied, denial ended; widened or narrowed (a group, role or entitlement has more or less than before, or the grant lasts longer or shorter). Of people: joined, gone, moved (to another department, title, location or manager, both told), disabled, enabled. Of accounts: opened, closed, disabled, enabled, moved (to another person), widened or narrowed (is_privileged). Of accounts of people: linked, unlinked. Of resources: widened or narrowed (sharing). Of roles: disabled, enabled. Of things that are no longer, or newly, told apart: merged, split; of what only follows from other links: linked anew. Else added, removed or changed; unseen if unseen. Whether it was the vendor's own change is said by cause
with events as ( -- a filter by changed_at reaches the tables: no branch is read twice
{{- range $i, $t := things}}
{{- $what := printf "to_json(struct_pack(%s))" (thing $t)}}
{{- $key := "null::varchar"}}{{if .Key}}{{$key = ident .Key}}{{end}}
{{- $about := $key}}{{$of := "null::varchar, null::varchar, null::varchar"}}
{{- if eq .Name "grants"}}{{$about = "concat_ws(' ', principal_key, target_key, '|' || lower(nfc_normalize(trim(privilege))))"}}{{end}}
{{- if eq .Name "identity_accounts"}}{{$about = "concat_ws(' ', identity_key, account_key)"}}{{$of = "identity_key, account_key, relation"}}{{end}}
    {{if $i}}union all {{end}}select {{text .Name}}, {{$key}}, {{$about}}, {{$of}}, _valid_from, true, {{$what}}
    from main.{{ident .Name}}
    union all select {{text .Name}}, {{$key}}, {{$about}}, {{$of}}, _valid_from, true, {{$what}}
    from history.{{ident .Name}}
    union all select {{text .Name}}, {{$key}}, {{$about}}, {{$of}}, _valid_to, false, {{$what}}
    from history.{{ident .Name}}
{{- end}}
),
changes as (
    select changed_at, case when not bool_or(begins) then 'removed' when bool_and(begins) then 'added' else 'changed' end as change,
        table_name, key, about, identity_key, account_key, any_value(content) filter (not begins) as before, any_value(content) filter (begins) as after
    from events e(table_name, key, about, identity_key, account_key, relation, changed_at, begins, content)
    group by changed_at, table_name, key, about, identity_key, account_key, relation
),
links as not materialized ( -- which thing a statement was about, and until when
    select kind, statement_key, part, source, dataset, key, is_reference, _valid_from, 'infinity'::timestamptz as _valid_to from meta.links
    union all select kind, statement_key, part, source, dataset, key, is_reference, _valid_from, _valid_to from history.links
),
stated as ( -- statements of things that came, went, or say something else
    select kind, statement_key, part, source, dataset, changed_at, bool_or(begins) and not bool_and(begins) as stays
    from (
{{- range $i, $t := kinds}}
        {{if $i}}union all {{end}}select {{text .Name}}, {{ident .Key}}, coalesce(native_id, ''), _source, _dataset, _valid_from, true from observed.{{ident .Name}}
        union all select {{text .Name}}, {{ident .Key}}, coalesce(native_id, ''), _source, _dataset, _valid_from, true from observed_history.{{ident .Name}}
        union all select {{text .Name}}, {{ident .Key}}, coalesce(native_id, ''), _source, _dataset, _valid_to, false from observed_history.{{ident .Name}}
{{- end}}
    ) s(kind, statement_key, part, source, dataset, changed_at, begins)
    group by kind, statement_key, part, source, dataset, changed_at
),
referred as ( -- a thing that is only mentioned comes and goes with its links: no row of observed is a statement of it
    select kind, any_value(key) as key, source, dataset, changed_at
    from (
        select kind, statement_key, part, source, dataset, key, _valid_from, true from meta.links
        union all select kind, statement_key, part, source, dataset, key, _valid_from, true from history.links
        union all select kind, statement_key, part, source, dataset, key, _valid_to, false from history.links
    ) l(kind, statement_key, part, source, dataset, key, changed_at, begins)
    group by kind, statement_key, part, source, dataset, changed_at
    having bool_and(begins) or not bool_or(begins)
),
granted as (
    select case principal_kind when 'identity' then 'identities' else principal_kind || 's' end as principal_table, principal_key, target_kind || 's' as target_table, target_key,
        '|' || lower(nfc_normalize(trim(privilege))) as privilege, source, dataset, changed_at, bool_or(begins) and not bool_and(begins) as stays
    from (
        select grant_key, principal_kind, principal_key, target_kind, target_key, privilege, _source, _dataset, _valid_from, true from observed.grants
        union all select grant_key, principal_kind, principal_key, target_kind, target_key, privilege, _source, _dataset, _valid_from, true from observed_history.grants
        union all select grant_key, principal_kind, principal_key, target_kind, target_key, privilege, _source, _dataset, _valid_to, false from observed_history.grants
    ) g(grant_key, principal_kind, principal_key, target_kind, target_key, privilege, source, dataset, changed_at, begins)
    group by grant_key, principal_kind, principal_key, target_kind, target_key, lower(nfc_normalize(trim(privilege))), source, dataset, changed_at
),
owned as (
    select identity_key, account_key, source, dataset, changed_at, bool_or(begins) and not bool_and(begins) as stays
    from (
        select identity_key, account_key, _source, _dataset, _valid_from, true from observed.identity_accounts
        union all select identity_key, account_key, _source, _dataset, _valid_from, true from observed_history.identity_accounts
        union all select identity_key, account_key, _source, _dataset, _valid_to, false from observed_history.identity_accounts
    ) o(identity_key, account_key, source, dataset, changed_at, begins)
    group by identity_key, account_key, source, dataset, changed_at
),
touched as ( -- by which exports each thing or edge was touched, as the links were before or after
    select s.kind as table_name, l.key as about, s.changed_at, s.source, s.dataset, s.stays
    from stated s join links l on l.kind = s.kind and l.statement_key = s.statement_key and l.part = s.part and l.dataset = s.dataset and s.changed_at between l._valid_from and l._valid_to
    union all
    select kind, key, changed_at, source, dataset, false from referred
    union all
    select 'grants', concat_ws(' ', p.key, t.key, g.privilege), g.changed_at, g.source, g.dataset, g.stays
    from granted g
    join links p on p.kind = g.principal_table and p.statement_key = g.principal_key and p.is_reference and g.changed_at between p._valid_from and p._valid_to
    join links t on t.kind = g.target_table and t.statement_key = g.target_key and t.is_reference and g.changed_at between t._valid_from and t._valid_to
    union all
    select 'identity_accounts', concat_ws(' ', i.key, a.key), o.changed_at, o.source, o.dataset, o.stays
    from owned o
    join links i on i.kind = 'identities' and i.statement_key = o.identity_key and i.is_reference and o.changed_at between i._valid_from and i._valid_to
    join links a on a.kind = 'accounts' and a.statement_key = o.account_key and a.is_reference and o.changed_at between a._valid_from and a._valid_to
),
exports as ( -- the vendor's own change before all others
    select *, row_number() over (order by cause <> 'data', source, dataset, as_of) as nth from {{export_causes}} where is_seen
),
causes as ( -- what stays in other words explains a change, but nothing that came or went
    select t.table_name, t.about, t.changed_at, min(e.nth) as changed_by, min(e.nth) filter (not t.stays) as moved_by
    from touched t join exports e on e.source = t.source and e.dataset = t.dataset and e.as_of = t.changed_at
    group by t.table_name, t.about, t.changed_at
),
key_changes as (
    select k.kind, k.key, r.as_of as changed_at, string_agg(distinct k.reason, ', ' order by k.reason) as link_change, list_sort(list(distinct k.other_key)) as other_keys
    from (
        select kind, old_key as key, new_key as other_key, reason, run_id from meta.key_changes
        union all select kind, new_key, old_key, reason, run_id from meta.key_changes
    ) k join meta.runs r on r.run_id = k.run_id
    group by k.kind, k.key, r.as_of
)
select *, {{event}} as event
from (
select c.changed_at, c.change, c.table_name, c.key, e.source as _source, e.dataset as _dataset, c.before, c.after,
    coalesce(e.cause, 'links changed') as cause, k.link_change, k.other_keys
from changes c
left join key_changes k on k.kind = c.table_name and k.key = c.key and k.changed_at = c.changed_at
left join causes own on own.table_name = c.table_name and own.about = c.about and own.changed_at = c.changed_at
left join causes a on a.table_name = 'accounts' and a.about = c.account_key and a.changed_at = c.changed_at -- an account belongs to somebody by what is stated of the two
left join causes i on i.table_name = 'identities' and i.about = c.identity_key and i.changed_at = c.changed_at
left join exports e on (c.change = 'changed' or k.kind is null)
    and e.nth = coalesce(case when c.change = 'changed' then own.changed_by else own.moved_by end, a.changed_by, i.changed_by)
) q
union all
select as_of, 'unseen', null, null, source, dataset, null, null, cause, null, null, 'unseen' from {{export_causes}} where not is_seen
