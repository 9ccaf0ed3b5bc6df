package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/lua"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("contract.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("contract.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func valid(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// Every contract that loads is one by the schema: those that are built in, the
// corpus, and the examples of the manual.
func TestSchemaTakesContracts(t *testing.T) {
	schema := compiled(t)
	seen := 0
	err := fs.WalkDir(lua.Files, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yaml" {
			return err
		}
		text, err := fs.ReadFile(lua.Files, name)
		if seen++; err == nil {
			if wrong := valid(t, schema, string(text)); wrong != nil {
				t.Errorf("%s: %v", name, wrong)
			}
		}
		return err
	})
	if err != nil || seen < 20 {
		t.Fatalf("%d contracts: %v", seen, err)
	}
	for _, example := range strings.Split(manual(t), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(example, "```")
		if err := valid(t, schema, text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// In every place the schema has the fields that the loader has, and no others:
// the loader lists them when it meets one that it does not know.
func TestSchemaHasTheFields(t *testing.T) {
	var whole struct {
		Properties map[string]struct{ Properties map[string]any }
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &whole); err != nil {
		t.Fatal(err)
	}
	top := map[string]any{}
	for name := range whole.Properties {
		top[name] = nil
	}
	const start = "version: 1\nscript: mine.lua\nkeys: {stock: \"s:{{item}}\"}\n"
	buy := "buy: {replies: [{int: 1, outcome: ok}]}\n"
	for _, place := range []struct {
		name, text string
		of         map[string]any
		less       []string
	}{
		{"the whole", start + buy + "zzz: 1\n", top, nil},
		{"buy", start + "buy: {zzz: 1}\n", whole.Defs["operation"].Properties, []string{"script"}},
		{"release", start + buy + "release: {zzz: 1}\n", whole.Defs["operation"].Properties, nil},
		{"a reply", start + "buy: {replies: [{zzz: 1}]}\n", whole.Defs["reply"].Properties, nil},
		{"audit", start + buy + "audit: {zzz: 1}\n", whole.Properties["audit"].Properties, nil},
		{"stock", start + buy + "audit: {stock: {zzz: 1}}\n", whole.Defs["stock"].Properties, nil},
		{"buyers", start + buy + "audit: {buyers: {zzz: 1}}\n", whole.Defs["buyers"].Properties, nil},
		{"orders", start + buy + "audit: {orders: {zzz: 1}}\n", whole.Defs["orders"].Properties, nil},
		{"promises", start + buy + "promises: {zzz: 1}\n", whole.Properties["promises"].Properties, nil},
	} {
		_, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(place.text)}, "mine.lua": {Data: []byte("return 1")}}, "mine.yaml")
		var wrong *Error
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v", place.name, err)
			continue
		}
		_, list, found := strings.Cut(wrong.Text, "known: ")
		known := strings.Split(list, ", ")
		slices.Sort(known)
		has := slices.DeleteFunc(slices.Sorted(maps.Keys(place.of)), func(name string) bool { return slices.Contains(place.less, name) })
		if !found || !slices.Equal(known, has) {
			t.Errorf("%s: the loader knows %v, the schema %v (%v)", place.name, known, has, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	const right = `{version: 1, script: a.lua, keys: {stock: s}, buy: {replies: [{int: 1, outcome: ok}]}, audit: {stock: {get: stock}}}`
	if err := valid(t, schema, right); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"version: 1", "version: 2"}, {"script: a.lua, ", ""}, {"outcome: ok", "outcome: sold"}, {"int: 1", "int: one"}, {"get: stock", "get: stock, llen: stock"},
		{"{get: stock}", "{}"}, {"int: 1,", "nil: false,"}, {"keys: {stock: s}", "keys: {}"}, {"replies: [{int: 1, outcome: ok}]", "replies: []"}, {"keys: {stock: s}", "keys: {stock: {each: 4}}"},
	} {
		if text := strings.Replace(right, change[0], change[1], 1); text == right || valid(t, schema, text) == nil {
			t.Errorf("takes %s", text)
		}
	}
}
