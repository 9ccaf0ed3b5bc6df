package history

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/gzip"
	"github.com/parquet-go/parquet-go/compress/snappy"
)

// A copiedRow is an attempt as another tool may write it: other widths, other
// encodings, every column with nulls, another order and a column more.
type copiedRow struct {
	Note     string  `parquet:"note"`
	Outcome  *string `parquet:"outcome"`
	Verb     *string `parquet:"verb,optional,dict"`
	Due      *int64  `parquet:"due_ns"`
	Start    int64   `parquet:"start_us"`
	Call     *int64  `parquet:"call_ns"`
	Return   *int64  `parquet:"return_ns"`
	Buyer    int64   `parquet:"buyer,delta"`
	Request  uint64  `parquet:"request,dict"`
	Try      int32   `parquet:"try"`
	Item     uint16  `parquet:"item"`
	Quantity int64   `parquet:"quantity"`
	Granted  int64   `parquet:"granted"`
	Left     *int64  `parquet:"left"`
	Defect   string  `parquet:"defect,optional"`
	Reply    *string `parquet:"reply"`
}

// rewrite changes the rows of a segment as another tool would.
func rewrite(t *testing.T, path string, change func(*copiedRow), options ...parquet.WriterOption) {
	t.Helper()
	rows, err := parquet.ReadFile[copiedRow](path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		change(&rows[i])
	}
	if err := parquet.WriteFile(path, rows, options...); err != nil {
		t.Fatal(err)
	}
}

func TestCopyOfAnotherToolIsRead(t *testing.T) {
	dir := few(t)
	path := filepath.Join(dir, "attempts-00001.parquet")
	before, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, wantTexts := all(t, before)
	rewrite(t, path, func(*copiedRow) {}, parquet.Compression(&snappy.Codec{}), parquet.DataPageVersion(1))
	h, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, texts := all(t, h)
	for i := range want {
		if i >= len(want)/2 { // the copy leaves out what answers captured
			want[i].Receipt = 0
		}
		if got[i] != want[i] || texts[i] != wantTexts[i] {
			t.Errorf("attempt %d comes back as %+v %q, not %+v %q", i, got[i], texts[i], want[i], wantTexts[i])
		}
	}
}

func TestCopyThatCannotBeIsRefused(t *testing.T) {
	for _, row := range []struct {
		change  func(*copiedRow)
		options []parquet.WriterOption
		want    string
	}{
		{func(r *copiedRow) { r.Outcome = new("sold") }, nil, `column outcome: unknown outcome "sold"`},
		{func(r *copiedRow) { r.Outcome = nil }, nil, "column outcome: it has nulls"},
		{func(r *copiedRow) { r.Defect = "dent" }, nil, `column defect: unknown defect "dent"`},
		{func(r *copiedRow) { r.Due = nil }, nil, "column due_ns: it has nulls"},
		{func(r *copiedRow) { r.Buyer = -1 }, nil, "column buyer: -1 is out of range"},
		{func(r *copiedRow) { r.Request = math.MaxUint32 + 1 }, nil, "column request: 4294967296 is out of range"},
		{func(r *copiedRow) { r.Try = -1 }, nil, "column try: 4294967295 is out of range"},
		{func(r *copiedRow) { r.Item = 1 }, nil, "column item: 1 is out of range"},
		{func(r *copiedRow) { r.Quantity = math.MaxInt64 }, nil, "column quantity: 9223372036854775807 is out of range"},
		{func(r *copiedRow) { r.Call = new(int64(Never)) }, nil, "column call_ns: -9223372036854775808 is out of range"},
		{func(*copiedRow) {}, []parquet.WriterOption{parquet.Compression(&gzip.Codec{})}, "GZIP compression is not read"},
	} {
		dir := few(t)
		path := filepath.Join(dir, "attempts-00000.parquet")
		rewrite(t, path, row.change, row.options...)
		if _, _, err := readAll(dir); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("want %q of %s, got %v", row.want, path, err)
		}
	}
}

// A copy has no seal, so its pages must have checksums that are right.
func TestDamagedCopyIsRefused(t *testing.T) {
	dir := few(t)
	path := filepath.Join(dir, "attempts-00000.parquet")
	rewrite(t, path, func(*copiedRow) {})
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file := swap("indeterminate", "INDETERMINATE")(sound)
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readAll(dir); err == nil || !strings.Contains(err.Error(), "checksum of a page") {
		t.Errorf("a damaged copy: %v", err)
	}
}

func TestCopyWithTooManyRowsIsRefused(t *testing.T) {
	dir := few(t)
	path := filepath.Join(dir, "attempts-00000.parquet")
	if err := parquet.WriteFile(path, make([]copiedRow, maxSegment+1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readAll(dir); err == nil || !strings.Contains(err.Error(), "131073 rows") {
		t.Errorf("a segment of %d rows: %v", maxSegment+1, err)
	}
}
