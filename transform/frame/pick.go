package frame

import "io"

// Packed is an input as it came: a text, or an archive or a workbook of some.
type Packed struct {
	// Open gives the bytes. It is called more than once. A result that is an
	// io.ReaderAt saves an archive of Size bytes the way over a temporary file.
	Open func() (io.ReadCloser, error)
	Size int64 // in bytes; 0 when unknown
	Pick Pick
}

// Pick says which members of an archive are read, and which sheet of a workbook.
type Pick struct {
	Members []string           // those of these names; none: by what follows
	Like    *Like              // how members are told; nil: those named like the dataset or, where none is, all
	Dataset string             // its name in the plural
	Fits    func([]string) Fit // how well a line is its header; nil where that cannot be told
}

// Like tells the members of a dataset by a part of their names and, where no
// name has one, by columns of their headers.
type Like struct{ Fragments, Header []string }

// container is an input whose texts are looked for.
type container struct {
	o  *Limits
	in Packed
}
