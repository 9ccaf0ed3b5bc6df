package scenario

import (
	"bytes"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaID, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func document(t *testing.T, text []byte) (value any) {
	t.Helper()
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// Every scenario that is built in is one by the schema, and so is what a run
// writes as its scenario.
func TestSchemaTakesScenarios(t *testing.T) {
	schema := compiled(t)
	for _, name := range Names() {
		text, err := builtin.ReadFile("builtin/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	spec := good(func(*Spec) {})
	text, err := spec.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document(t, []byte(text))); err != nil {
		t.Errorf("as run: %v\n%s", err, text)
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	for text, right := range map[string]bool{
		"{version: 1, stock: 5}":                          true,
		"{version: 1, stock: 1..8}":                       true,
		"{version: 1, timeout: 1s, replace: true}":        true,
		"{version: 1, faults: [kill at=2s]}":              true,
		"{version: 1, faults: [{do: kill, at: 2s}]}":      true,
		"{version: 1, variants: [{name: a}, {stock: 7}]}": true,
		"{stock: 5}":                                    false,
		"{version: 2}":                                  false,
		"{version: 1, stok: 5}":                         false,
		"{version: 1, double-click: 5%}":                false,
		"{version: 1, stock: [5]}":                      false,
		"{version: 1, timeout: soon}":                   false,
		"{version: 1, timeout: 5}":                      false,
		"{version: 1, replace: 1}":                      false,
		"{version: 1, retries: many}":                   false,
		"{version: 1, faults: [{do: explode}]}":         false,
		"{version: 1, faults: [{at: 2s}]}":              false,
		"{version: 1, variants: [{name: a}]}":           false,
		"{version: 1, variants: [{name: a}, {out: b}]}": false,
	} {
		if err := schema.Validate(document(t, []byte(text))); (err == nil) != right {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// The file that editors fetch is what the program prints.
func TestSchemaFile(t *testing.T) {
	text, err := os.ReadFile("scenario.schema.json")
	if err != nil || !bytes.Equal(text, Schema()) {
		t.Errorf("%v; go run ./cmd/seckill schema scenario > scenario/scenario.schema.json makes it again", err)
	}
}
