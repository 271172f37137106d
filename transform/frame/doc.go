// Package frame cuts bytes into records of raw cells, whatever they are wrapped
// in: compressions, UTF-16, archives, workbooks, CSV in any dialect, JSON.
//
//	[Limits.Walk]                       bytes of an input ──▶ texts
//	[Limits.OpenCSV], [CSVText.Frames]  a CSV text ──▶ frames
//	[Limits.Look], [Limits.FrameJSON]   a JSON text ──▶ frames
//	[Records]                           a small CSV text ──▶ records, one by one
//
// It knows no contract. What a contract decides is passed in as data: [Pick] says
// which member or sheet is read, [Layout] where the cells under each header go,
// [Fields] what is read of JSON records. For questions that depend on the content of
// a record the package calls back, at most once a record and never for a cell: Report
// and Remark of a layout judge unusual lines of a CSV text, a [Judge] the records of
// a JSON text.
//
// A text is UTF-8 in one layout: an input, or a member or sheet of one. A [Frame]
// holds a stretch of a text cut into records, a column at a time. A record that
// cannot be cut is one of its rejects, with its place; a fault of the text as a whole
// is an [*Error]. Memory is bounded by [Limits], whatever the bytes are. No message
// holds a value of a cell.
package frame
