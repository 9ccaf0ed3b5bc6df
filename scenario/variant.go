package scenario

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A Variant is a scenario under a name, as far as it differs from the one it is
// a variant of.
type Variant struct {
	Name string
	// Keys are the fields that it sets, as a scenario file calls them; Values holds
	// what it sets them to.
	Keys   []string
	Values Spec
}

// Variants are the list in a scenario file that seckill compare runs: the first
// is what the others are compared with.
type Variants []Variant

// maxVariants is more than anybody can look at beside each other.
const maxVariants = 32

// notVaried are the fields that are the comparison's own.
var notVaried = []string{"version", "seed", "out", "replace", "report", "retry_unknown", "variants"}

// Over returns the base with what the variant sets.
func (v *Variant) Over(base Spec) Spec {
	from, to := reflect.ValueOf(v.Values), reflect.ValueOf(&base).Elem()
	for _, field := range fields() {
		if slices.Contains(v.Keys, keyOf(field)) {
			to.FieldByIndex(field.Index).Set(from.FieldByIndex(field.Index))
		}
	}
	base.Variants = nil
	return base
}

// CheckVaries returns an error unless a variant may set the field with this key.
func CheckVaries(key string) error {
	known := slices.ContainsFunc(fields(), func(f reflect.StructField) bool { return keyOf(f) == key })
	switch {
	case !known:
		return fmt.Errorf("unknown field %s; the fields are the flags of seckill run, with _ for -", key)
	case slices.Contains(notVaried, key):
		return fmt.Errorf("%s is that of the whole comparison, and no variant's", key)
	}
	return nil
}

// Check returns an error unless the variants can be compared by their names.
func (v Variants) Check() error {
	if len(v) < 2 {
		return errors.New("a comparison needs two variants or more")
	}
	if len(v) > maxVariants {
		return fmt.Errorf("%d variants are more than the %d that can be compared", len(v), maxVariants)
	}
	return nil
}

// UnmarshalYAML accepts a list of maps: the fields of a scenario, and a name.
func (v *Variants) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: want a list of variants: - {name: two, script: limited}", node.Line)
	}
	*v = nil
	for _, item := range node.Content {
		variant, err := readVariant(item)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(*v, func(other Variant) bool { return other.Name == variant.Name }) {
			return fmt.Errorf("line %d: there is a variant %q already", item.Line, variant.Name)
		}
		*v = append(*v, variant)
	}
	if err := v.Check(); err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	return nil
}

func readVariant(node *yaml.Node) (Variant, error) {
	if node.Kind != yaml.MappingNode {
		return Variant{}, fmt.Errorf("line %d: want a variant as a map: {name: two, script: limited}", node.Line)
	}
	var read struct {
		Name string `yaml:"name"`
		Spec `yaml:",inline"`
	}
	var keys []string
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Value == "name" {
			continue
		}
		if err := CheckVaries(key.Value); err != nil {
			return Variant{}, fmt.Errorf("line %d: %w", key.Line, err)
		}
		keys = append(keys, key.Value)
	}
	if err := node.Load(&read, yaml.WithKnownFields(true), yaml.WithUniqueKeys(true)); err != nil {
		return Variant{}, err
	}
	if read.Name == "" {
		return Variant{}, fmt.Errorf("line %d: the variant has no name", node.Line)
	}
	return Variant{Name: read.Name, Keys: keys, Values: read.Spec}, nil
}

// place makes the paths that the variants name relative to a folder.
func (v Variants) place(dir string) {
	for i := range v {
		spec := &v[i].Values
		for _, path := range spec.paths() {
			if spec.isFile(path) && !filepath.IsAbs(*path) {
				*path = filepath.Join(dir, *path)
			}
		}
	}
}

// A Field is one field of a scenario, as a scenario file has it. A value that is
// not plain is YAML in one line; one that is left open is empty.
type Field struct{ Key, Value string }

// Fields are all fields in their order, without passwords.
func (s Spec) Fields() ([]Field, error) {
	s.Server, s.Variants = WithoutPassword(s.Server), nil
	var node yaml.Node
	if err := node.Encode(&s); err != nil {
		return nil, err
	}
	var all []Field
	for i := 0; i+1 < len(node.Content); i += 2 {
		value := node.Content[i+1]
		text := value.Value
		if value.Kind != yaml.ScalarNode {
			value.Style |= yaml.FlowStyle
			line, err := yaml.Marshal(value)
			if err != nil {
				return nil, err
			}
			text = strings.TrimSpace(string(line))
		} else if value.Tag == "!!null" {
			text = ""
		}
		all = append(all, Field{node.Content[i].Value, text})
	}
	return all, nil
}

// Parse reads a scenario as a record holds it.
func Parse(text string) (Spec, error) {
	var s Spec
	err := decode([]byte(text), &s)
	return s, err
}

// fields are those of a Spec and of what it embeds.
func fields() []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(reflect.TypeFor[Spec]()), func(f reflect.StructField) bool { return f.Anonymous })
}

// keyOf is what a scenario file calls a field.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// Filled returns the spec with what it leaves to the strategy written out, or
// why the two do not go together.
func (s Spec) Filled(strat strategy.Strategy) (Spec, error) {
	if err := s.fill(strat); err != nil {
		return s, err
	}
	as, err := strat.With(s.Quantity.Most(), *s.Limit)
	if err != nil {
		return s, err
	}
	return s, s.suits(&as)
}
