// Package frame cuts bytes into records of raw cells, whatever they are wrapped
// in: compressions, UTF-16, archives, workbooks, CSV in any dialect, JSON.
//
//	[Limits.Walk]                       bytes of an input ──▶ texts
//	[Limits.OpenCSV], [CSVText.Frames]  a CSV text ──▶ frames
//	[Limits.Look], [Limits.FrameJSON]   a JSON text ──▶ frames
//	[Records]                           a small CSV text ──▶ records, one by one
//
// It knows no contract. What a contract decides is told beforehand, as data:
// [Pick] says which member or sheet is read, [Layout] where the cells of a
// header go, [Fields] what is read of JSON records. What has to be judged by
// what a record says is asked once a record at most: Report and Remark of a
// layout judge odd lines of a CSV text, a [Judge] the records of a JSON text.
// No call is made for a cell.
//
// A [Frame] holds a stretch of a text cut into records, a column at a time. A
// record that cannot be cut is one of its rejects, with its place; a fault of the
// text as a whole is an [*Error]. Memory is bounded by [Limits], whatever the
// bytes are. No message holds a value of a cell.
package frame
