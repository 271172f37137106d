package transform

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// What stands in a document beside its records may say that they are not all:
// the export goes on, it failed, or there are more of them.

// completeness are normalised keys by which a document says whether it is whole,
// and what they hold then.
var completeness = map[string]bool{
	"complete": true, "iscomplete": true, "completed": true, "iscompleted": true, "finished": true, "isfinished": true, "done": true, "isdone": true,
	"full": true, "isfull": true, "final": true, "isfinal": true, "last": true, "islast": true, "lastpage": true, "islastpage": true,
	"success": true, "successful": true, "issuccess": true, "issuccessful": true, "succeeded": true, "ok": true,
	"partial": false, "ispartial": false, "partialresults": false, "partialresult": false, "incomplete": false, "isincomplete": false,
	"incompleteresults": false, "failed": false, "aborted": false, "cancelled": false, "canceled": false, "timedout": false, "limited": false, "limitreached": false,
	"limitexceeded": false, "inprogress": false, "pending": false, "running": false,
}

// unended are parts of words for the state of something that has not ended well.
var unended = []string{"progress", "pending", "running", "queued", "waiting", "processing", "notstarted", "started", "submitted", "partial",
	"incomplete", "fail", "error", "cancel", "abort", "timeout", "timedout", "truncated", "interrupted", "paused", "stopped", "terminated", "rejected"}

// unbegun are those that say so of a job only: an object that was created is there.
var unbegun = []string{"created", "scheduled", "expired"}

// counting are normalised keys of the number of records that there are.
var counting = words(`total totalcount totalitems totalrecords totalresults totalelements totalsize totalobjects totalrows totalhits count objectcount objectscount
	objecttotal recordcount recordscount itemcount itemscount resultcount resultscount rowcount numberofelements numberofobjects numberofrecords numberofitems
	expectedcount expectedtotal exportedcount exportedobjects @odatacount`)

// unfinishedBy is why a member of the document, or of one of its members, says
// that it is not whole, "" where it does not.
func unfinishedBy(of, name string, value []byte) string {
	text, scalar := scan.Text(value)
	if !scalar || value[0] == '{' || value[0] == '[' {
		return ""
	}
	word := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(string(text)))
	if good, ok := completeness[name]; ok {
		no := word == "false" || word == "no" || word == "n"
		yes := word == "true" || word == "yes" || word == "y"
		if good && no || !good && yes {
			return word
		}
	}
	if name == "phase" || name == "outcome" || strings.HasSuffix(name, "status") || strings.HasSuffix(name, "state") {
		parts := unended
		if whose := of + strings.TrimSuffix(strings.TrimSuffix(name, "status"), "state"); strings.Contains(whose, "job") || strings.Contains(whose, "export") || strings.Contains(whose, "task") {
			parts = slices.Concat(unended, unbegun)
		}
		for _, part := range parts {
			if strings.Contains(word, part) && !strings.Contains(word, "no"+part) && !strings.Contains(word, "without"+part) {
				return frame.Clip(string(text), 40)
			}
		}
	}
	return ""
}

// around judges a member of the document beside the records.
func (f *jsonJudge) around(name string, value []byte) error {
	if alarming[name] && speaks(value) {
		return frame.Fault(frame.KindHeader, "the document is not whole; look at the artifact for the message and fetch it again", "the document has %s beside the records", name)
	}
	if key := follows(name, value); key != "" {
		return frame.Fault(frame.KindHeader, "fetch all pages into one list: the records that follow are not here", "the document is one page of several: its %s says that more follow", key)
	}
	if says := unfinishedBy("", name, value); says != "" {
		return frame.Fault(frame.KindHeader, "fetch it again when the export has ended", "the document says that it is not whole: its %s is %q", name, says)
	}
	f.count(name, value)
	switch name {
	case "meta", "metadata", "paging", "pagination", "pageinfo", "page", "summary", "info", "job", "export", "exportinfo", "result":
		if value[0] != '{' {
			break
		}
		var err error
		scan.EachMember(value, func(key, raw []byte) bool {
			inner := schemas.NormalHeader(string(key))
			if says := unfinishedBy(name, inner, raw); says != "" {
				err = frame.Fault(frame.KindHeader, "fetch it again when the export has ended", "the document says that it is not whole: its %s.%s is %q", name, inner, says)
			}
			f.count(inner, raw)
			return err == nil
		})
		return err
	}
	return nil
}

// count keeps how many records the document says that there are.
func (f *jsonJudge) count(name string, value []byte) {
	if !counting[name] {
		return
	}
	text, ok := scan.Text(value)
	if !ok {
		return
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err == nil && n > f.stated {
		f.stated = n
	}
}

// counts are how many records there are by what the texts of an export say, and
// how many were there.
type counts struct {
	stated, framed int64
	pages          int  // texts that say how many there are
	differ         bool // and not the same
	short          string
}

func (c *counts) add(stated, framed int64) {
	c.framed += framed
	if stated == 0 {
		return
	}
	if c.pages++; c.pages > 1 && stated != c.stated {
		c.differ = true
	}
	if c.stated = stated; framed < stated && c.short == "" {
		c.short = fmt.Sprintf("the document counts %d records, and has %d", stated, framed)
	}
}

// partial is why the export is not all, "" where the counts agree. Several
// texts that say the same number are pages of one list.
func (c *counts) partial() string {
	if c.pages > 1 && !c.differ && c.framed >= c.stated {
		return ""
	}
	return c.short
}

// narrowing are parts of the names of members that say what was asked for,
// besides those of the contract.
var narrowing = []string{"option", "filter", "include", "exclude", "exportmode", "exporttype", "exportscope", "scope", "criteria", "query", "selection", "delta", "incremental", "since"}

// mayNarrow is why a member that no sign of the contract is about may narrow the document.
func mayNarrow(name string, value []byte) string {
	if !speaks(value) {
		return ""
	}
	if text, ok := scan.Text(value); ok {
		switch strings.ToLower(string(text)) {
		case "full", "all", "complete", "everything":
			return ""
		}
	}
	for _, part := range narrowing {
		if strings.Contains(name, part) {
			return "the document has " + name + ", which may name a part"
		}
	}
	return ""
}
