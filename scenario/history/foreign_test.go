package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/gzip"
)

// A foreignRow is an attempt as somebody else's pipeline may have it.
type foreignRow struct {
	User    string    `parquet:"user,dict"`
	ID      [16]byte  `parquet:"id,uuid"`
	At      time.Time `parquet:"at,timestamp(millisecond)"`
	Micros  int64     `parquet:"micros,timestamp(microsecond)"`
	Took    float64   `parquet:"took"`
	Half    float32   `parquet:"half"`
	Small   int32     `parquet:"small,optional"`
	Big     uint64    `parquet:"big"`
	Worked  bool      `parquet:"worked"`
	Tags    []string  `parquet:"tags,list"`
	Comment *string   `parquet:"comment"`
}

func foreignFile(t *testing.T, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.parquet")
	all := make([]foreignRow, rows)
	for i := range all {
		all[i] = foreignRow{User: fmt.Sprint("u", i), ID: [16]byte{15: byte(i)}, At: time.UnixMilli(1767225600123 + int64(i)), Micros: -5, Took: 1.25, Half: 0.5, Big: 1 << 63, Tags: []string{"a", "b"}}
		if i%2 == 1 {
			all[i].Small, all[i].Comment, all[i].Worked = -7, new("é"), true
		}
	}
	if err := parquet.WriteFile(path, all, parquet.Compression(&gzip.Codec{}), parquet.MaxRowsPerRowGroup(300)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestForeignTableIsRead(t *testing.T) {
	path := foreignFile(t, 1000)
	names, err := ForeignColumns(path)
	if err != nil || !slices.Equal(names, []string{"user", "id", "at", "micros", "took", "half", "small", "big", "worked", "comment"}) {
		t.Fatalf("columns %q, %v", names, err)
	}
	var n int64
	slices.Reverse(names) // whatever the order
	err = ReadForeign(path, names, func(row int64, cells []Cell) error {
		if n++; row != n {
			t.Fatalf("row %d is numbered %d", n, row)
		}
		got := ""
		for _, c := range cells {
			got += fmt.Sprintf("%s %t %t %s|", c.Text, c.Given, c.Number, c.Unit)
		}
		comment, worked, small := " false false 0s", "false", " false false 0s"
		if n%2 == 0 {
			comment, worked, small = "é true false 0s", "true", "-7 true true 0s"
		}
		want := fmt.Sprintf("%s|%s true false 0s|9223372036854775808 true true 0s|%s|0.5 true true 0s|1.25 true true 0s|-5 true true 1µs|%d true true 1ms|%s true false 0s|u%d true false 0s|",
			comment, worked, small, 1767225600122+n, fmt.Sprintf("00000000-0000-0000-0000-%012x", (n-1)%256), n-1)
		if got != want {
			t.Fatalf("row %d is\n%s, want\n%s", n, got, want)
		}
		return nil
	})
	if err != nil || n != 1000 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestForeignTableThatIsNone(t *testing.T) {
	path := foreignFile(t, 10)
	stop := errors.New("enough")
	if err := ReadForeign(path, []string{"user"}, func(int64, []Cell) error { return stop }); err != stop {
		t.Errorf("an error of the caller comes back as %v", err)
	}
	none := func(int64, []Cell) error { return nil }
	for _, column := range []string{"nothing", "tags"} {
		if err := ReadForeign(path, []string{column}, none); err == nil || !strings.Contains(err.Error(), "column "+column+" is missing") {
			t.Errorf("column %s: %v", column, err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"empty": nil, "cut": whole[:len(whole)/2], "no Parquet": []byte("user,id\n1,2\nand some more text that is long enough\n")} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ForeignColumns(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if err := ReadForeign(path, []string{"user"}, none); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever bytes are changed in a foreign file, it is an error or rows, never a panic.
func FuzzForeign(f *testing.F) {
	f.Add(100, byte(7))
	f.Fuzz(func(t *testing.T, at int, to byte) {
		path := foreignFile(t, 20)
		text, err := os.ReadFile(path)
		if err != nil || at < 0 {
			t.Skip()
		}
		text[at%len(text)] = to
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if names, err := ForeignColumns(path); err == nil {
			_ = ReadForeign(path, names, func(int64, []Cell) error { return nil })
		}
	})
}
