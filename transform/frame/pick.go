package frame

import "io"

// Packed is an input as it came: a text, or an archive or a workbook of some.
type Packed struct {
	// Open gives the bytes. It is called more than once. If the result is an
	// io.ReaderAt, an archive of Size bytes is read in place; otherwise it is copied
	// to a temporary file first.
	Open func() (io.ReadCloser, error)
	Size int64 // in bytes; 0 when unknown
	Pick Pick
}

// Pick says which members of an archive are read, and which sheet of a workbook.
type Pick struct {
	Members []string           // names of the members; none: by what follows
	Like    *Like              // how members are recognised; nil: by the name of the dataset or, if none has it, all
	Dataset string             // its name in the plural
	Fits    func([]string) Fit // how well a line is its header; nil if any line may be
}

// Like recognises the members of a dataset by fragments of their names and, if no name
// has one, by columns of their headers.
type Like struct{ Fragments, Header []string }

// container is an input whose texts are looked for.
type container struct {
	o  *Limits
	in Packed
}
