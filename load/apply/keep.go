package apply

import (
	"context"

	"github.com/accessmart/accessmart/load/database"
)

// What is not staged need not be gone: what is staged may not be complete.

// CloseNone lets all absent rows stay.
func (c *Change) CloseNone(ctx context.Context) error {
	_, err := c.db.Exec(ctx, "delete from "+c.Gone())
	return err
}

var keepUnnamed = database.Parse(`delete from {{.gone}} where id not in (
	select rowid from {{.table}} where {{.scope}} and {{.key}} in (
		select {{.key}} from {{.fresh}} where {{.named}}
		union all
		select {{.key}} from {{.table}} where {{.scope}} and {{.named}} and {{.version}} in (select {{.version}} from {{.seen}})))`)

// CloseNamed lets the absent rows stay whose key is not staged in any version: what is
// staged says nothing about other keys. If the target has no key, all stay. It returns
// how many stay.
func (c *Change) CloseNamed(ctx context.Context) (stay int64, err error) {
	if c.Target.Key == nil {
		return c.Absent, c.CloseNone(ctx)
	}
	return c.db.Exec(ctx, keepUnnamed.Fill(c.named()))
}

var keepRows = database.Parse(`delete from {{.gone}} where not {{.replaced}} and id in (select rowid from {{.table}} where {{.scope}} and {{.which}})`)

// Keep lets the absent rows stay that meet the condition which, except those whose key
// is staged in another version. It returns how many stay.
func (c *Change) Keep(ctx context.Context, which database.SQL) (stay int64, err error) {
	v := c.values()
	v["replaced"], v["which"] = c.replaced(), which
	return c.db.Exec(ctx, keepRows.Fill(v))
}

var absentRows = database.Parse(`(from {{.table}} where rowid in (select id from {{.gone}} where not {{.replaced}}) and {{.which}})`)

// Keepable is the relation of the rows that [Change.Keep] would let stay.
func (c *Change) Keepable(which database.SQL) database.SQL {
	v := c.values()
	v["replaced"], v["which"] = c.replaced(), which
	return absentRows.Fill(v)
}

var isReplaced = database.Parse(`id in (select rowid from {{.table}} where {{.scope}} and {{.key}} in (select {{.key}} from {{.fresh}} where {{.named}}))`)

// replaced is the condition on a row of [Change.Gone] that its key is staged in another
// version.
func (c *Change) replaced() database.SQL {
	if c.Target.Key == nil {
		return "false"
	}
	return isReplaced.Fill(c.named())
}

// named are values, with those for templates about keys.
func (c *Change) named() database.Values {
	v := c.values()
	v["key"], v["named"] = c.Target.key(), c.Target.named()
	return v
}
