package frame

import "github.com/apache/arrow-go/v18/arrow/memory"

// Limits bound the work on one text, and place it. None may be zero.
type Limits struct {
	Mem        memory.Allocator // of cells
	BatchRows  int              // records in a frame at most
	MaxRecord  int64            // bytes of one record
	MaxColumns int              // of a header
	MaxDepth   int              // nesting of JSON
	MaxMembers int              // of an archive
	MaxExpand  int64            // bytes of one text after decompression
	MaxRatio   int64            // of those to the compressed ones
	TempDir    string           // for archives
	Chunk      int              // bytes framed at a time
	Floor      int64            // bytes from which on MaxRatio counts
}
