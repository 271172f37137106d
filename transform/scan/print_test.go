package scan

import (
	"fmt"
	"testing"
)

func TestPrinter_isOfTheMeaning(t *testing.T) {
	same := [][]string{
		{`{"a":1,"b":[1,{"c":null,"d":""}]}`, `{ "b" : [ 1 , {"d":"" , "c":null} ] , "a":1 }`, "{\"b\":[1,{\"c\":null,\"d\":\"\"}],\n\"\\u0061\":1}"},
		{`"a/b\n"`, `"\u0061\/b\u000a"`}, {`"é😀"`, `"\u00e9\ud83d\ude00"`},
		{`{}`, `{ }`}, {`[]`, `[ ]`}, {`[1,2]`, "[1,\t2]"}, {`true`, ` true `}, {`[[1],2]`, `[[1], 2]`},
	}
	others := []string{`{"a":1}`, `{"a":"1"}`, `{"a":1.0}`, `{"a":[1]}`, `{"b":1}`, `{"a":1,"b":1}`, `{"a":1,"a":1}`, `[2,1]`, `[[1,2]]`, `[[1],[2]]`, `[1,[2]]`, `""`, `"true"`, `null`, `[null]`, `"{}"`, `{"a":{}}`, `{"a":null}`, `[{}]`, `[{},{}]`, `["a"]`}
	p := &Printer{}
	seen := map[[16]byte]string{}
	add := func(text string) {
		if other, ok := seen[p.Of([]byte(text))]; ok {
			t.Errorf("%s has the fingerprint of %s", text, other)
		}
		seen[p.Of([]byte(text))] = text
	}
	for _, texts := range same {
		add(texts[0])
		for _, text := range texts[1:] {
			if p.Of([]byte(text)) != p.Of([]byte(texts[0])) || (&Printer{}).Of([]byte(text)) != p.Of([]byte(texts[0])) {
				t.Errorf("%s is not the same as %s", text, texts[0])
			}
		}
	}
	for _, text := range others {
		add(text)
	}
	// Pinned, as TestHash_addsNothingForNULL has it.
	if got := fmt.Sprintf("%x", p.Of([]byte(`{"a":[1,"x",null],"b":{}}`))); got != "cf8765e3c710703a457b443a24121e22" {
		t.Errorf("the fingerprint of JSON is now %s", got)
	}
}
