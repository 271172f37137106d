package closure

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
)

// pairs are the columns in which closure.reach comes.
var pairs = arrow.NewSchema([]arrow.Field{
	{Name: "holder", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "via", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "hops", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "path", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
}, nil)

// A batch of pairs holds about so many pairs and steps: paths may be long.
const batchSteps = 20_000

// reach stores the pairs of a closure, as batches that one goroutine makes and DuckDB takes.
func (k *keeping) reach(ctx context.Context, c *access.Closure, keys []string) error {
	sending, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	feed := database.NewFeed(sending, pairs)
	defer feed.Release()
	sent := make(chan error, 1)
	go func() {
		err := send(feed, c, keys)
		if err != nil {
			stop(err) // before the end of the feed, which would else be that of the pairs
		}
		feed.End()
		sent <- err
	}()
	_, err := k.t.Take(sending, feed, func(name database.SQL) database.SQL {
		return k.create("reach", database.Values{"pairs": name})
	})
	stop(err)
	if e := <-sent; e != nil {
		err = e // why DuckDB was given no more
	}
	feed.Drain()
	if err != nil {
		return err
	}
	return k.comment(ctx, "reach")
}

// send makes batches of the pairs.
func send(feed *database.Feed, c *access.Closure, keys []string) error {
	b := array.NewRecordBuilder(database.Outside, pairs)
	defer b.Release()
	holder, via := b.Field(0).(*array.Uint32Builder), b.Field(1).(*array.Uint32Builder)
	hops, path := b.Field(2).(*array.Int32Builder), b.Field(3).(*array.ListBuilder)
	step := path.ValueBuilder().(*array.StringBuilder)
	for p := range c.All() {
		holder.Append(p.Holder)
		via.Append(p.Via)
		if p.Hops >= 0 {
			hops.Append(int32(p.Hops))
		} else {
			hops.AppendNull()
		}
		path.Append(p.Path != nil)
		for _, e := range p.Path {
			step.Append(keys[e])
		}
		if holder.Len()+step.Len() >= batchSteps {
			if err := feed.Send(b.NewRecordBatch()); err != nil {
				return err
			}
		}
	}
	return feed.Send(b.NewRecordBatch())
}
