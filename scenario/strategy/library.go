package strategy

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ourMark ends the text of a library that was loaded by us, which may be
// replaced by us. It is a comment: the functions are as their author wrote
// them.
const ourMark = "\n-- loaded by seckill\n"

// errTaken is for a library of the same name that somebody else has loaded.
var errTaken = errors.New("the server has another library of this name, which is not ours to replace; FUNCTION DELETE removes it")

// loadLibrary loads the library of the functions. One of the same name is
// replaced only if it was loaded by us; one of the same text is used as it is.
func (s script) loadLibrary(ctx context.Context, do Doer) error {
	text := string(s.Source)
	there, found, err := libraryText(ctx, do, s.Library)
	switch {
	case err != nil:
		return fmt.Errorf("library %s: %w", s.Library, err)
	case found && (there == text || there == text+ourMark):
		return nil
	case found && !strings.HasSuffix(there, ourMark):
		return fmt.Errorf("library %s: %w", s.Library, errTaken)
	}
	load := []any{"FUNCTION", "LOAD", text + ourMark}
	if found {
		load = []any{"FUNCTION", "LOAD", "REPLACE", text + ourMark}
	}
	if _, err := do.Do(ctx, load...); err != nil {
		return compileError(s.Contract.Script, err)
	}
	return nil
}

// libraryText returns the text of a library on the server.
func libraryText(ctx context.Context, do Doer, name string) (text string, found bool, err error) {
	reply, err := do.Do(ctx, "FUNCTION", "LIST", "LIBRARYNAME", name, "WITHCODE")
	if err != nil {
		return "", false, fmt.Errorf("FUNCTION LIST (Redis has functions from 7.0 on): %w", err)
	}
	libraries, _ := reply.([]any)
	for _, library := range libraries {
		if got, _ := fieldOf(library, "library_name").(string); got == name { // a name is a pattern to Redis
			text, found = fieldOf(library, "library_code").(string)
			return text, found, nil
		}
	}
	return "", false, nil
}

// fieldOf returns a field of what RESP3 has as a map and RESP2 as a list.
func fieldOf(reply any, name string) any {
	switch fields := reply.(type) {
	case map[any]any:
		return fields[name]
	case []any:
		for ; len(fields) > 1; fields = fields[2:] {
			if fields[0] == name {
				return fields[1]
			}
		}
	}
	return nil
}
