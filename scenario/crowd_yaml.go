package scenario

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// UnmarshalYAML accepts a list of kinds, each as a map, and the text. What a map
// does not say is as the built-in kind of the name has it.
func (c *Crowd) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		if err := c.UnmarshalText([]byte(node.Value)); err != nil {
			return fmt.Errorf("line %d: %w", node.Line, err)
		}
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: want a list of kinds: - {kind: bot, share: 5%%}, or honest:95%%,bot:5%%", node.Line)
	}
	var read Crowd
	for _, item := range node.Content {
		k, err := readKind(item)
		if err != nil {
			return err
		}
		read = append(read, k)
	}
	if len(read) == 0 {
		return fmt.Errorf("line %d: want a kind or more: - {kind: honest, share: 100%%}", node.Line)
	}
	if err := read.check(); err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	*c = read
	return nil
}

func readKind(node *yaml.Node) (Kind, error) {
	var k Kind
	if node.Kind != yaml.MappingNode {
		return k, fmt.Errorf("line %d: want a kind as a map: {kind: bot, share: 5%%}", node.Line)
	}
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == "kind" {
			k, _ = habitual(node.Content[i+1].Value)
		}
	}
	said, err := readFields(node, kindFields, k.field)
	if err != nil {
		return k, err
	}
	if slices.Contains(said, "click_again") && len(k.ClickAgain) == 0 {
		k.ClickAgain, k.Clicks = nil, 0
	}
	if slices.Contains(said, "clicks") && k.Clicks == 0 {
		k.ClickAgain = nil
	}
	if err := k.check(); err != nil {
		return k, fmt.Errorf("line %d: %w", node.Line, err)
	}
	return k, nil
}

var (
	kindFields   = []string{"kind", "share", "attempts", "double_click", "click_again", "clicks", "think", "patience", "resend"}
	resendFields = []string{"max", "backoff", "jitter", "budget", "new"}
)

// field returns a pointer to what a key sets; nil for another key.
func (k *Kind) field(key string) any {
	switch key {
	case "kind":
		return &k.Kind
	case "share":
		return &k.Share
	case "attempts":
		return &k.Attempts
	case "double_click":
		return &k.DoubleClick
	case "click_again":
		return &k.ClickAgain
	case "clicks":
		return &k.Clicks
	case "think":
		return &k.Think
	case "patience":
		return &k.Patience
	case "resend":
		return &k.Resend
	}
	return nil
}

// read accepts a map. What it does not say stays as it is.
func (r *Resend) read(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: resend: want a policy as a map: {max: 3, backoff: 100ms}", node.Line)
	}
	_, err := readFields(node, resendFields, r.field)
	return err
}

func (r *Resend) field(key string) any {
	switch key {
	case "max":
		return &r.Max
	case "backoff":
		return &r.Backoff
	case "jitter":
		return &r.Jitter
	case "budget":
		return &r.Budget
	case "new":
		return &r.New
	}
	return nil
}

// readFields reads a map into what its keys set, and returns the keys.
func readFields(node *yaml.Node, known []string, field func(string) any) (said []string, err error) {
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if slices.Contains(said, key.Value) {
			return nil, fmt.Errorf("line %d: %s is there twice", key.Line, key.Value)
		}
		to := field(key.Value)
		if to == nil {
			return nil, fmt.Errorf("line %d: unknown field %s; want some of %s", key.Line, key.Value, strings.Join(known, ", "))
		}
		said = append(said, key.Value)
		if policy, is := to.(*Resend); is {
			if err := policy.read(value); err != nil {
				return nil, err
			}
		} else if err := value.Load(to); err != nil {
			return nil, fmt.Errorf("line %d: %s: %s", value.Line, key.Value, withoutLine(inPlainWords(err)))
		}
	}
	return said, nil
}

// withoutLine takes the line off an error whose line is said before.
func withoutLine(text string) string {
	if line, rest, found := strings.Cut(text, ": "); found && strings.HasPrefix(line, "line ") {
		return rest
	}
	return text
}
