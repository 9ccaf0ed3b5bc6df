package trace

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/scenario/history"
)

// maxLine bounds a line of JSON, in bytes.
const maxLine = 1 << 20

var mark = []byte("\xef\xbb\xbf") // some tools begin a file with it

func (r *reader) readCSV(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if begin, _ := in.Peek(len(mark)); bytes.Equal(begin, mark) {
		in.Discard(len(mark))
	}
	lines := csv.NewReader(in)
	lines.ReuseRecord = true
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: it is empty; want a line with the names of the columns", path)
	} else if err != nil {
		return inCSV(path, err)
	}
	header = slices.Clone(header)
	for i, name := range header {
		if name != "" && slices.Contains(header[:i], name) {
			_, column := lines.FieldPos(i)
			return fmt.Errorf("%s:1:%d: column %s is there twice", path, column, name)
		}
	}
	if r.bound, err = r.bind(header, true); err != nil {
		return err
	}
	w := row{columns: header, cells: make([]history.Cell, len(header)), place: func(i int) int { _, column := lines.FieldPos(i); return column }}
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return inCSV(path, err)
		}
		line, _ := lines.FieldPos(0)
		w.line = int64(line)
		for i, text := range fields {
			w.cells[i] = history.Cell{Text: text, Given: text != ""}
		}
		if err := r.add(&w); err != nil {
			return err
		}
	}
}

// inCSV words an error of the library.
func inCSV(path string, err error) error {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s:%d:%d: %w", path, wrong.Line, wrong.Column, wrong.Err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

func (r *reader) readJSON(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	object := jsonRow{at: map[string]int{}}
	w := row{place: func(i int) int { return object.places[i] }}
	for lines.Scan() {
		w.line++
		text := bytes.TrimPrefix(lines.Bytes(), mark)
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if place, err := object.read(text); err != nil {
			return fmt.Errorf("%s:%d:%d: %w", path, w.line, place, err)
		}
		if w.columns, w.cells = object.columns, object.cells; r.bound == nil || r.bound.columns < len(w.columns) {
			if r.bound, err = r.bind(w.columns, false); err != nil {
				return err
			}
		}
		if err := r.add(&w); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s:%d: the line is longer than %d bytes", path, w.line+1, maxLine)
	} else if lines.Err() != nil {
		return lines.Err()
	}
	if w.columns == nil {
		return nil
	}
	_, err = r.bind(w.columns, true)
	return err
}

// A jsonRow is an object on a line of its own. Its columns are the names seen so far.
type jsonRow struct {
	columns []string
	// at is the column of each name, by how it was written.
	at     map[string]int
	cells  []history.Cell
	places []int
}

var errObject = errors.New("want a JSON object on each line")

// read reads an object; an error comes with its place in the line, from 1. The library
// says whether it is one; to take it apart is then quick.
func (j *jsonRow) read(text []byte) (place int, err error) {
	clear(j.cells)
	clear(j.places)
	if !json.Valid(text) {
		return whyInvalid(text)
	}
	i := blanks(text, 0)
	if text[i] != '{' {
		return i + 1, errObject
	}
	for i = blanks(text, i+1); text[i] != '}'; {
		if text[i] == ',' {
			i = blanks(text, i+1)
		}
		end := valueEnd(text, i)
		at, here := j.column(text[i:end]), i+1
		i = blanks(text, blanks(text, end)+1) // over the colon
		if j.places[at] != 0 {
			return here, fmt.Errorf("%s is there twice", j.columns[at])
		}
		end = valueEnd(text, i)
		j.places[at], j.cells[at] = i+1, cellOf(text[i:end])
		i = blanks(text, end)
	}
	return 0, nil
}

// whyInvalid says where a text is no JSON.
func whyInvalid(text []byte) (place int, err error) {
	var any json.RawMessage
	var syntax *json.SyntaxError
	if err = json.Unmarshal(text, &any); errors.As(err, &syntax) {
		place = int(syntax.Offset)
	}
	if begin := bytes.TrimSpace(text); begin[0] != '{' {
		return 1, errObject
	}
	return max(place, 1), err
}

// blanks is the first place from i on that is no blank.
func blanks(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}

// valueEnd is where the value that begins at i in valid JSON ends.
func valueEnd(text []byte, i int) int {
	switch text[i] {
	case '"':
		for i++; text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		return i + 1
	case '{', '[':
		depth := 1
		for i++; depth > 0; {
			switch text[i] {
			case '"':
				i = valueEnd(text, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			i++
		}
		return i
	}
	for i < len(text) && bytes.IndexByte([]byte(",]} \t\r\n"), text[i]) < 0 {
		i++
	}
	return i
}

// column is the place of a name as it stands in the text, which is made where there
// is none. The same name may be written in several ways.
func (j *jsonRow) column(quoted []byte) int {
	at, known := j.at[string(quoted)]
	if known {
		return at
	}
	var name string
	_ = json.Unmarshal(quoted, &name) // it is valid
	if at = slices.Index(j.columns, name); at < 0 {
		at = len(j.columns)
		j.columns, j.cells, j.places = append(j.columns, name), append(j.cells, history.Cell{}), append(j.places, 0)
	}
	j.at[string(quoted)] = at
	return at
}

// cellOf is a JSON value: what is neither text nor number nor null stays JSON.
func cellOf(raw []byte) history.Cell {
	switch c := raw[0]; {
	case c == 'n':
		return history.Cell{}
	case c == '"':
		if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
			return history.Cell{Text: string(raw[1 : len(raw)-1]), Given: true}
		}
		var text string
		_ = json.Unmarshal(raw, &text) // it is valid
		return history.Cell{Text: text, Given: true}
	case c == '-' || c >= '0' && c <= '9':
		return history.Cell{Text: string(raw), Given: true, Number: true}
	}
	return history.Cell{Text: string(raw), Given: true}
}

func (r *reader) readParquet(path string) error {
	columns, err := history.ForeignColumns(path)
	if err != nil {
		return err
	}
	bound, err := r.bind(columns, true)
	if err != nil {
		return err
	}
	columns = bound.used(columns)
	if r.bound, err = r.bind(columns, true); err != nil {
		return err
	}
	w := row{columns: columns, place: func(int) int { return 0 }}
	return history.ReadForeign(path, columns, func(n int64, cells []history.Cell) error {
		w.line, w.cells = n, cells
		return r.add(&w)
	})
}
