package apply

import (
	"context"

	"github.com/accessmart/accessmart/load/database"
)

// What is not staged need not be gone: whoever stages may know a part only.

// CloseNone lets all rows stay that are absent.
func (c *Change) CloseNone(ctx context.Context) error {
	_, err := c.db.Exec(ctx, "delete from "+c.Gone())
	return err
}

var keepUnnamed = database.Parse(`delete from {{.gone}} where id not in (
	select rowid from {{.table}} where {{.scope}} and {{.key}} in (
		select {{.key}} from {{.fresh}} where {{.named}}
		union all
		select {{.key}} from {{.table}} where {{.scope}} and {{.named}} and {{.version}} in (select {{.version}} from {{.seen}})))`)

// CloseNamed lets those rows stay that are absent and whose key is not staged, in
// any version: what is staged tells of the keys that it has only. Where nothing
// names rows, none is closed. It returns how many stay.
func (c *Change) CloseNamed(ctx context.Context) (stay int64, err error) {
	if c.Target.Key == nil {
		return c.Absent, c.CloseNone(ctx)
	}
	return c.db.Exec(ctx, keepUnnamed.Fill(c.named()))
}

var spareRows = database.Parse(`delete from {{.gone}} where not {{.again}} and id in (select rowid from {{.table}} where {{.scope}} and {{.which}})`)

// Spare lets those rows stay that are absent and meet a condition, but for those
// whose key is staged in another version. It returns how many stay.
func (c *Change) Spare(ctx context.Context, which database.SQL) (stay int64, err error) {
	v := c.values()
	v["again"], v["which"] = c.again(), which
	return c.db.Exec(ctx, spareRows.Fill(v))
}

var absentRows = database.Parse(`(from {{.table}} where rowid in (select id from {{.gone}} where not {{.again}}) and {{.which}})`)

// Sparable is the relation of the rows that [Change.Spare] would let stay.
func (c *Change) Sparable(which database.SQL) database.SQL {
	v := c.values()
	v["again"], v["which"] = c.again(), which
	return absentRows.Fill(v)
}

var cameAgain = database.Parse(`id in (select rowid from {{.table}} where {{.scope}} and {{.key}} in (select {{.key}} from {{.fresh}} where {{.named}}))`)

// again is the condition on a row of the gone ones that its key came in another
// version.
func (c *Change) again() database.SQL {
	if c.Target.Key == nil {
		return "false"
	}
	return cameAgain.Fill(c.named())
}

// named are the values of templates that look at keys.
func (c *Change) named() database.Values {
	v := c.values()
	v["key"], v["named"] = c.Target.key(), c.Target.named()
	return v
}
