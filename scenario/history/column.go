package history

import (
	"fmt"
	"math"
	"slices"
)

// A column says what a column of numbers or texts may hold.
type column struct {
	name string
	// A null is read as the value null; without nullable it is refused.
	nullable bool
	null     int64
	// low and high bound the numbers.
	low, high int64
}

// check refuses numbers that are out of range.
func (c *column) check(values []int64) error {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if low < c.low {
		return fmt.Errorf("%d is out of range", low)
	}
	if high > c.high {
		return fmt.Errorf("%d is out of range", high)
	}
	return nil
}

// setInts reads a column of numbers into rows, which it makes longer where
// they are too few. It does nothing after an error.
func setInts[R any](t *table, rows *[]R, c *column, set func(*R, int64)) {
	t.read(c, func() error {
		return t.ints(c, func(row int, values []int64) {
			into := rowsFrom(rows, row, len(values))
			for i, v := range values {
				set(&into[i], v)
			}
		})
	})
}

// setTexts does the same for a column of texts. Each different text of a page
// is parsed once.
func setTexts[R, V any](t *table, rows *[]R, c *column, parse func(string) (V, error), set func(*R, V)) {
	t.read(c, func() error {
		return t.texts(c, func(row int, indexes []int64, texts []string) (err error) {
			values := make([]V, len(texts))
			for i, text := range texts {
				if values[i], err = parse(text); err != nil {
					return err
				}
			}
			into := rowsFrom(rows, row, len(indexes))
			for i, index := range indexes {
				set(&into[i], values[index])
			}
			return nil
		})
	})
}

// rowsFrom returns n rows from the given one on.
func rowsFrom[R any](rows *[]R, from, n int) []R {
	if missing := from + n - len(*rows); missing > 0 {
		*rows = slices.Grow(*rows, missing)[:from+n]
	}
	return (*rows)[from : from+n]
}
