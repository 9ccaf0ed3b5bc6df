package history

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// A Cell is a value in a table that another tool wrote. The zero Cell is nothing.
type Cell struct {
	// Text is the value: a number in decimal digits, a text as it is.
	Text string
	// Given is whether there is a value; Number whether it is a number and no text.
	Given, Number bool
	// Unit is what a number counts, where the table says that it is an instant: a
	// nanosecond to a second, since 1970. 0: it does not say.
	Unit time.Duration
}

// ForeignColumns are the names of the columns of a Parquet file that another tool
// wrote: those that are neither lists nor parts of others.
func ForeignColumns(path string) ([]string, error) {
	file, done, err := openForeign(path)
	if err != nil {
		return nil, err
	}
	defer done()
	var names []string
	for _, column := range file.Schema().Columns() {
		if leaf, is := file.Schema().Lookup(column...); is && len(column) == 1 && !leaf.Node.Repeated() {
			names = append(names, column[0])
		}
	}
	return names, nil
}

// ReadForeign yields the named columns of such a file, a row at a time, numbered
// from 1. The cells are valid during the call. An error of yield is passed on as it
// is; others name the file.
func ReadForeign(path string, names []string, yield func(row int64, cells []Cell) error) (err error) {
	file, done, err := openForeign(path)
	if err != nil {
		return err
	}
	defer done()
	defer func() {
		if p := recover(); p != nil { // the decoder panics on some damage
			err = fmt.Errorf("%s is damaged: it cannot be decoded: %v", path, p)
		}
	}()
	t, err := newForeign(file, names)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var stopped error
	row := int64(0)
	for _, group := range file.RowGroups() {
		err := t.group(group, func() error {
			row++
			stopped = yield(row, t.cells)
			return stopped
		})
		if stopped != nil {
			return stopped
		} else if err != nil {
			return fmt.Errorf("%s is damaged: %w", path, err)
		}
	}
	return nil
}

func openForeign(path string) (file *parquet.File, done func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s is damaged: it cannot be decoded: %v", path, p)
		}
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if file, err = parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err != nil {
		return nil, nil, fmt.Errorf("%s is no Parquet file, or not all of one: %w", path, err)
	}
	return file, f.Close, nil
}

// foreign reads rows of some columns.
type foreign struct {
	// place says of each column of the file which cell it fills; -1: none.
	place []int
	kinds []foreignKind
	cells []Cell
}

// A foreignKind is what the type of a column says beyond the kind of its values.
type foreignKind struct {
	unit     time.Duration
	unsigned bool
	uuid     bool
}

func newForeign(file *parquet.File, names []string) (*foreign, error) {
	t := &foreign{place: make([]int, len(file.Schema().Columns())), kinds: make([]foreignKind, len(file.Schema().Columns())), cells: make([]Cell, len(names))}
	for i := range t.place {
		t.place[i] = -1
	}
	for i, name := range names {
		leaf, is := file.Schema().Lookup(name)
		if !is || leaf.Node.Repeated() {
			return nil, fmt.Errorf("column %s is missing, or a list", name)
		}
		t.place[leaf.ColumnIndex] = i
		t.kinds[leaf.ColumnIndex] = kindOf(leaf.Node.Type())
	}
	return t, nil
}

func kindOf(of parquet.Type) (k foreignKind) {
	logical := of.LogicalType()
	if logical == nil {
		return k
	}
	switch v := logical.Value.(type) {
	case *format.TimestampType:
		switch v.Unit.Value.(type) {
		case *format.MilliSeconds:
			k.unit = time.Millisecond
		case *format.MicroSeconds:
			k.unit = time.Microsecond
		case *format.NanoSeconds:
			k.unit = time.Nanosecond
		}
	case *format.IntType:
		k.unsigned = !v.IsSigned
	case *format.UUIDType:
		k.uuid = true
	}
	return k
}

func (t *foreign) group(group parquet.RowGroup, yield func() error) error {
	rows := group.Rows()
	defer rows.Close()
	var buffer [256]parquet.Row
	for {
		n, err := rows.ReadRows(buffer[:])
		for _, row := range buffer[:n] {
			if err := t.fill(row); err != nil {
				return err
			}
			if err := yield(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		} else if n == 0 {
			return io.ErrNoProgress
		}
	}
}

func (t *foreign) fill(row parquet.Row) (err error) {
	clear(t.cells)
	for _, v := range row {
		if place := t.place[v.Column()]; place >= 0 {
			if t.cells[place], err = t.kinds[v.Column()].cell(v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k foreignKind) cell(v parquet.Value) (Cell, error) {
	if v.IsNull() {
		return Cell{}, nil
	}
	number := func(text string) (Cell, error) { return Cell{Text: text, Given: true, Number: true, Unit: k.unit}, nil }
	switch v.Kind() {
	case parquet.Boolean:
		return Cell{Text: strconv.FormatBool(v.Boolean()), Given: true}, nil
	case parquet.Int32, parquet.Int64:
		if k.unsigned && v.Kind() == parquet.Int32 {
			return number(strconv.FormatUint(uint64(v.Uint32()), 10))
		} else if k.unsigned {
			return number(strconv.FormatUint(v.Uint64(), 10))
		} else if v.Kind() == parquet.Int32 {
			return number(strconv.FormatInt(int64(v.Int32()), 10))
		}
		return number(strconv.FormatInt(v.Int64(), 10))
	case parquet.Float:
		return number(strconv.FormatFloat(float64(v.Float()), 'f', -1, 32))
	case parquet.Double:
		return number(strconv.FormatFloat(v.Double(), 'f', -1, 64))
	case parquet.ByteArray, parquet.FixedLenByteArray:
		if b := v.ByteArray(); k.uuid && len(b) == 16 {
			return Cell{Text: fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), Given: true}, nil
		}
		return Cell{Text: string(v.ByteArray()), Given: true}, nil
	}
	return Cell{}, fmt.Errorf("a column holds %v, which is not read", v.Kind())
}
