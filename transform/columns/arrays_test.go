package columns

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

func TestGather(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	texts := NewTexts(mem, 3, 0)
	texts.Add([]byte("a"))
	texts.Part([]byte("dropped"))
	texts.Null()
	texts.Parts("b")
	texts.Byte('c')
	texts.Next()
	items := texts.Array()
	defer items.Release()
	lists := NewLists(mem, 2)
	lists.Valid.Clear(1)
	lists.Offsets[1], lists.Offsets[2] = 3, 3
	list := lists.Array(items)
	defer list.Release()
	flags := NewBools(mem, 3)
	flags.Set(2, true)
	flag := flags.Array()
	defer flag.Release()
	for _, tc := range []struct{ got, want string }{
		{fmt.Sprint(items), `["a" (null) "bc"]`}, {fmt.Sprint(list), `[["a" (null) "bc"] (null)]`}, {fmt.Sprint(flag), `[false false true]`},
	} {
		if tc.got != tc.want {
			t.Errorf("%s, want %s", tc.got, tc.want)
		}
	}
	for _, a := range []struct {
		of   string
		from func() (string, bool)
	}{
		{`["bc" "a" (null)]`, func() (string, bool) {
			out, ok := Gather(mem, items, []int32{2, 0, 1})
			defer out.Release()
			return fmt.Sprint(out), ok
		}},
		{`[(null) ["a" (null) "bc"]]`, func() (string, bool) {
			out, ok := Gather(mem, list, []int32{1, 0})
			defer out.Release()
			return fmt.Sprint(out), ok
		}},
		{`[true true]`, func() (string, bool) {
			out, ok := Gather(mem, flag, []int32{2, 2})
			defer out.Release()
			return fmt.Sprint(out), ok
		}},
	} {
		if got, ok := a.from(); got != a.of || !ok {
			t.Errorf("%s, want %s", got, a.of)
		}
	}
}
