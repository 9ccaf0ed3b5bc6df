package server

import (
	"errors"
	"math/big"
	"reflect"
	"testing"
)

func TestFlat(t *testing.T) {
	wrong := errors.New("ERR")
	for _, test := range []struct{ reply, want any }{
		{nil, nil},
		{int64(3), int64(3)},
		{"x", "x"},
		{true, int64(1)},
		{false, int64(0)},
		{2.5, "2.5"},
		{1e6, "1000000"},
		{new(big.Int).Lsh(big.NewInt(1), 70), "1180591620717411303424"},
		{[]any{true, []any{1.5, nil}, wrong}, []any{int64(1), []any{"1.5", nil}, wrong}},
		{map[any]any{"k": map[any]any{true: 2.0}}, []any{"k", []any{int64(1), "2"}}},
	} {
		if got := Flat(test.reply); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v is %#v, want %#v", test.reply, got, test.want)
		}
	}
}
