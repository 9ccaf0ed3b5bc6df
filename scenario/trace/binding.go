package trace

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A binding says where in a row what is.
type binding struct {
	// at is the place of each role's column; -1: there is none.
	at [roles]int
	// unit is what an instant or a length counts; 0: the value must tell.
	unit [roles]time.Duration
	// columns is how many there were.
	columns int
}

// bind finds the columns of a file. Where not all of them are known yet, one that was
// named need not be among them.
func (r *reader) bind(columns []string, all bool) (*binding, error) {
	b := &binding{columns: len(columns)}
	for i := range b.at {
		b.at[i] = -1
	}
	named := map[string]bool{}
	for _, a := range r.assigned {
		named[a.column] = true
		b.at[a.role], b.unit[a.role] = slices.Index(columns, a.column), a.unit
		if b.at[a.role] < 0 && all {
			return nil, fmt.Errorf("%s: there is no column %s (--column %s); it has %s", r.file, a.column, a.text, strings.Join(columns, ", "))
		}
	}
	if m := r.mapping; m != nil {
		named[m.column] = true
		if b.at[status] = slices.Index(columns, m.column); b.at[status] < 0 && all {
			return nil, fmt.Errorf("%s: there is no column %s (--outcome); it has %s", r.file, m.column, strings.Join(columns, ", "))
		}
	}
	if slices.Contains(columns, "due_ns") && slices.Contains(columns, "start_us") {
		return nil, fmt.Errorf("%s is a record of seckill: seckill check DIR judges it, and seckill report DIR --export makes rows of it", r.file)
	}
	for i, column := range columns {
		role, unit, is := roleOf(column)
		if !is || named[column] || r.isAssigned(role) {
			continue
		}
		if first := b.at[role]; first >= 0 {
			return nil, fmt.Errorf("%s: %s and %s both are the %s; want --column %s=%s", r.file, columns[first], column, role, role, columns[first])
		}
		b.at[role], b.unit[role] = i, unit
	}
	if all {
		return b, r.enough(b, columns)
	}
	return b, nil
}

func (r *reader) isAssigned(of role) bool {
	return slices.ContainsFunc(r.assigned, func(a assignment) bool { return a.role == of })
}

// enough refuses a file in which what has to be there is not.
func (r *reader) enough(b *binding, columns []string) error {
	has := "it has " + strings.Join(columns, ", ")
	switch {
	case b.at[buyer] < 0:
		return fmt.Errorf("%s: there is no column buyer; want --column buyer=COLUMN; %s", r.file, has)
	case b.at[status] < 0 && b.at[outcome] < 0 && b.at[reply] < 0:
		return fmt.Errorf("%s: there is no column outcome or reply; want --column reply=COLUMN, or --outcome COLUMN=VALUE:OUTCOME,…; %s", r.file, has)
	case b.at[call] >= 0 && b.at[returned] >= 0 && b.at[elapsed] >= 0:
		return fmt.Errorf("%s: %s, %s and %s are one too many; rename one of them, or name others with --column",
			r.file, columns[b.at[call]], columns[b.at[returned]], columns[b.at[elapsed]])
	}
	return nil
}

// used are the columns that a binding needs, in their order.
func (b *binding) used(columns []string) (some []string) {
	for i, column := range columns {
		if slices.Contains(b.at[:], i) {
			some = append(some, column)
		}
	}
	return some
}
