package history

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// groupSize is the number of rows in a row group. The attempts of one stay in
// the cache while its columns are read one after another.
const groupSize = 8192

// maxPage bounds the pages of a file that another tool wrote, in bytes.
const maxPage = 64 << 20

// An encoder turns rows into a Parquet file in memory. R is a struct with
// parquet tags. Numbers are stored as differences in as many bits as they
// need; a general compression saves nothing more, and takes memory beside a run.
type encoder[R any] struct {
	file   bytes.Buffer
	writer *parquet.GenericWriter[R]
}

// newEncoder takes the schema from R, or from an option.
func newEncoder[R any](options ...parquet.WriterOption) *encoder[R] {
	e := new(encoder[R])
	e.writer = parquet.NewGenericWriter[R](&e.file, append(options,
		parquet.DefaultEncodingFor(parquet.Int32, &parquet.DeltaBinaryPacked),
		parquet.DefaultEncodingFor(parquet.Int64, &parquet.DeltaBinaryPacked),
		parquet.MaxRowsPerRowGroup(groupSize),
		// The index at the end of the file has them already.
		parquet.DataPageStatistics(false),
		parquet.CreatedBy(sealApplication, sealVersion, sealBuild))...)
	return e
}

func (e *encoder[R]) write(rows []R) error {
	_, err := e.writer.Write(rows)
	return err
}

// finish returns the file and begins another. The file is valid until the next
// write.
func (e *encoder[R]) finish() ([]byte, error) {
	if err := e.writer.Close(); err != nil {
		return nil, err
	}
	file := e.file.Bytes()
	seal(file)
	e.file.Reset()
	e.writer.Reset(&e.file)
	return file, nil
}

// A table is an open Parquet file, read a column at a time. Columns are found
// by name, so a copy that another tool wrote is read as well, whatever the
// order, the width and the encoding of its columns.
type table struct {
	file *parquet.File
	rows int
	// group is the row group that is read, and first its first row.
	group parquet.RowGroup
	first int
	err   error
	// Buffers for what the decoder does not deliver ready to use.
	wide, known, whole []int64
}

// decode opens a file that must not have more than maxRows rows, and calls read
// to read the columns of each row group. The decoder panics on some damage it does not foresee;
// that is an error like any other.
func (t *table) decode(file []byte, maxRows int64, read func(*table)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be decoded: %v", p)
		}
	}()
	sealed, err := checkSeal(file)
	if err != nil {
		return err
	}
	if err := t.open(file, maxRows); err != nil {
		return err
	}
	if !sealed {
		if err := t.checkPages(file, maxRows); err != nil {
			return err
		}
	}
	t.err, t.first = nil, 0
	for _, t.group = range t.file.RowGroups() {
		read(t)
		t.first += int(t.group.NumRows())
	}
	return t.err
}

// open reads the footer.
func (t *table) open(file []byte, maxRows int64) (err error) {
	if n := len(file); n < 12 || int64(binary.LittleEndian.Uint32(file[n-8:])) > int64(n-12) {
		return errors.New("it is no Parquet file, or not all of one")
	}
	t.file, err = parquet.OpenFile(bytes.NewReader(file), int64(len(file)),
		parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	rows := int64(0)
	for _, group := range t.file.RowGroups() {
		rows += group.NumRows()
	}
	if rows != t.file.NumRows() || rows < 0 || rows > maxRows {
		return fmt.Errorf("it claims %d rows", t.file.NumRows())
	}
	t.rows = int(rows)
	return nil
}

// checkPages checks what the decoder would trust in a file that another tool
// wrote: the pages must have checksums, and their headers fit the footer.
func (t *table) checkPages(file []byte, maxRows int64) error {
	for _, group := range t.file.Metadata().RowGroups {
		for _, c := range group.Columns {
			if err := checkChunk(file, &c.MetaData, maxRows); err != nil {
				return fmt.Errorf("column %s: %w", strings.Join(c.MetaData.PathInSchema, "."), err)
			}
		}
	}
	return nil
}

func checkChunk(file []byte, c *format.ColumnMetaData, maxRows int64) error {
	begin, size := cmp.Or(c.DictionaryPageOffset, c.DataPageOffset), c.TotalCompressedSize
	if begin < 0 || size < 0 || begin > int64(len(file)) || size > int64(len(file))-begin {
		return errors.New("its pages are not in the file")
	}
	if c.Codec != format.Uncompressed && c.Codec != format.Snappy && c.Codec != format.Zstd {
		return fmt.Errorf("%v compression is not read", c.Codec)
	}
	for rest := file[begin : begin+size]; len(rest) > 0; {
		var header format.PageHeader
		reader := new(thrift.CompactProtocol).NewReaderFromBytes(rest)
		if err := thrift.NewDecoder(reader).Decode(&header); err != nil {
			return fmt.Errorf("the header of a page: %w", err)
		}
		rest = rest[reader.BytesRead():]
		if err := checkPage(rest, &header, c, maxRows); err != nil {
			return err
		}
		rest = rest[header.CompressedPageSize:]
	}
	return nil
}

// checkPage checks the page that begins rest.
func checkPage(rest []byte, h *format.PageHeader, c *format.ColumnMetaData, maxRows int64) error {
	if h.CompressedPageSize < 0 || int(h.CompressedPageSize) > len(rest) {
		return errors.New("a page is longer than its column")
	}
	if h.CRC == 0 || uint32(h.CRC) != crc32.ChecksumIEEE(rest[:h.CompressedPageSize]) {
		return errors.New("the checksum of a page is missing or wrong")
	}
	v1, v2, dict := h.DataPageHeader.V, h.DataPageHeaderV2.V, h.DictionaryPageHeader.V
	if h.UncompressedPageSize > maxPage || int64(max(v1.NumValues, v2.NumValues, dict.NumValues)) > maxRows {
		return errors.New("a page claims to be too large")
	}
	if !slices.Contains(c.Encoding, cmp.Or(v1.Encoding, v2.Encoding, dict.Encoding)) {
		return errors.New("the encoding of a page is not one of the column's")
	}
	return nil
}

// has reports whether the file has a column.
func (t *table) has(name string) bool {
	_, has := t.file.Schema().Lookup(name)
	return has
}

// read runs the reading of a column, unless an earlier one failed.
func (t *table) read(c *column, read func() error) {
	if t.err != nil {
		return
	}
	if err := read(); err != nil {
		t.err = fmt.Errorf("column %s: %w", c.name, err)
	}
}

// pages calls yield with every page of a column of the row group, and the
// number of its first row in the file. The page is valid during the call.
func (t *table) pages(name string, yield func(row int, page parquet.Page) error) error {
	leaf, ok := t.file.Schema().Lookup(name)
	if !ok {
		return errors.New("it is missing")
	}
	if leaf.Node.Repeated() {
		return errors.New("it is repeated")
	}
	pages := t.group.ColumnChunks()[leaf.ColumnIndex].Pages()
	defer pages.Close()
	rows := 0
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if n := int(page.NumRows()); n > int(t.group.NumRows())-rows {
			err = errors.New("it has too many rows")
		} else if n > 0 {
			err = yield(t.first+rows, page)
			rows += n
		}
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
	if int64(rows) != t.group.NumRows() {
		return fmt.Errorf("it has %d of %d rows", rows, t.group.NumRows())
	}
	return nil
}

// ints reads a column of numbers. Null is read as null, and refused where the
// column has no null; a number outside [low, high] is refused.
func (t *table) ints(c *column, put func(row int, values []int64)) error {
	return t.pages(c.name, func(row int, page parquet.Page) error {
		values, err := t.pageInts(page, c.low >= 0)
		if err != nil {
			return err
		}
		if err := c.check(values); err != nil {
			return err
		}
		if values, err = t.spread(page, values, c); err == nil {
			put(row, values)
		}
		return err
	})
}

// pageInts returns the numbers of a page without its nulls.
func (t *table) pageInts(page parquet.Page, unsigned bool) ([]int64, error) {
	dict := page.Dictionary()
	if dict == nil {
		return t.widen(page.Data(), unsigned)
	}
	known, err := t.widen(dict.Page().Data(), unsigned)
	if err != nil {
		return nil, err
	}
	t.known = append(t.known[:0], known...)
	indexes, err := t.pageIndexes(page, len(known))
	for i, index := range indexes {
		indexes[i] = t.known[index]
	}
	return indexes, err
}

// pageIndexes returns, for each value of a page, where in its dictionary it stands.
func (t *table) pageIndexes(page parquet.Page, known int) ([]int64, error) {
	indexes, err := t.widen(page.Data(), true)
	if err == nil {
		err = (&column{high: int64(known) - 1}).check(indexes)
	}
	if err != nil {
		return nil, err
	}
	return indexes, nil
}

func (t *table) widen(data encoding.Values, unsigned bool) ([]int64, error) {
	switch data.Kind() {
	case encoding.Int64:
		return data.Int64(), nil
	case encoding.Int32:
		t.wide = t.wide[:0]
		for _, v := range data.Int32() {
			if unsigned {
				t.wide = append(t.wide, int64(uint32(v)))
			} else {
				t.wide = append(t.wide, int64(v))
			}
		}
		return t.wide, nil
	default:
		return nil, fmt.Errorf("it holds %v, not whole numbers", data.Kind())
	}
}

// texts reads a column of texts: the different texts of a page, and for each
// row the index of its text. Null is read as the empty text, and refused where
// the column has no null.
func (t *table) texts(c *column, put func(row int, indexes []int64, texts []string) error) error {
	return t.pages(c.name, func(row int, page parquet.Page) error {
		indexes, texts, err := t.pageTexts(page)
		if err != nil {
			return err
		}
		nulls := *c
		if c.nullable {
			nulls.null = int64(len(texts))
			texts = append(texts, "")
		}
		if indexes, err = t.spread(page, indexes, &nulls); err != nil {
			return err
		}
		return put(row, indexes, texts)
	})
}

func (t *table) pageTexts(page parquet.Page) (indexes []int64, texts []string, err error) {
	if dict := page.Dictionary(); dict != nil {
		if texts, err = split(dict.Page().Data()); err == nil {
			indexes, err = t.pageIndexes(page, len(texts))
		}
		return indexes, texts, err
	}
	texts, err = split(page.Data())
	t.wide = t.wide[:0]
	for i := range texts {
		t.wide = append(t.wide, int64(i))
	}
	return t.wide, texts, err
}

// split copies texts out of a page.
func split(data encoding.Values) ([]string, error) {
	if data.Kind() != encoding.ByteArray {
		return nil, fmt.Errorf("it holds %v, not texts", data.Kind())
	}
	joined, offsets := data.ByteArray()
	all := string(joined)
	texts := make([]string, max(0, len(offsets)-1))
	for i := range texts {
		texts[i] = all[offsets[i]:offsets[i+1]]
	}
	return texts, nil
}

// spread puts the nulls of a page between its values.
func (t *table) spread(page parquet.Page, values []int64, c *column) ([]int64, error) {
	levels := page.DefinitionLevels()
	nulls := int(page.NumRows()) - len(values)
	switch {
	case nulls == 0:
		return values, nil
	case len(levels) == 0 || nulls < 0 || int(page.NumNulls()) != nulls:
		return nil, fmt.Errorf("a page of %d rows has %d values", page.NumRows(), len(values))
	case !c.nullable:
		return nil, errors.New("it has nulls")
	}
	t.whole = t.whole[:0]
	next := 0
	for _, level := range levels {
		if level == 0 {
			t.whole = append(t.whole, c.null)
		} else {
			t.whole = append(t.whole, values[next])
			next++
		}
	}
	return t.whole, nil
}
