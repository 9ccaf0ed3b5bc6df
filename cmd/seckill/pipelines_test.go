package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"
)

// recipe returns the block of the given language under a title of PIPELINES.md.
func recipe(t *testing.T, title, language string) string {
	t.Helper()
	text, err := os.ReadFile("PIPELINES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+title+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, block, fenced := strings.Cut(section, "```"+language+"\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !fenced || !closed {
		t.Fatalf("PIPELINES.md has no %s under %q", language, title)
	}
	return block
}

func decode[T any](t *testing.T, text string) (value T) {
	t.Helper()
	loader, err := yaml.NewLoader(strings.NewReader(text), yaml.WithKnownFields(true), yaml.WithUniqueKeys(true))
	if err == nil {
		err = loader.Load(&value)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return value
}

// parses reports whether the program takes a command line.
func parses(t *testing.T, args []string) {
	t.Helper()
	var g grammar
	parser, err := kong.New(&g)
	if err != nil {
		t.Fatal(err)
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		t.Errorf("seckill %s: %v", strings.Join(args, " "), err)
		return
	}
	if run := &g.Run; kctx.Command() == "run" || strings.HasPrefix(kctx.Command(), "run ") {
		if run.Version = 1; run.Prepare() != nil {
			t.Errorf("seckill %s: %v", strings.Join(args, " "), run.Prepare())
		}
	}
}

// commandsIn returns the command lines of the program in a text.
func commandsIn(text string) (lines [][]string) {
	for _, line := range regexp.MustCompile(`(?m)\bseckill ((?:run|schema|completion|check)\b[^;&|>)#\n]*)`).FindAllStringSubmatch(text, -1) {
		line[1] = strings.NewReplacer("'", "", `"`, "").Replace(line[1])
		lines = append(lines, strings.Fields(line[1]))
	}
	return lines
}

func TestGitHubRecipe(t *testing.T) {
	workflow := decode[struct {
		Name string
		On   []string
		Jobs map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Steps  []struct {
				Uses, Run, If string
				With          map[string]string
			}
		}
	}](t, recipe(t, "GitHub Actions", "yaml"))
	steps := workflow.Jobs["gate"].Steps
	if !slices.Contains(workflow.On, "pull_request") || workflow.Jobs["gate"].RunsOn == "" || len(steps) < 4 {
		t.Fatalf("%+v", workflow)
	}
	var gates int
	for _, step := range steps {
		if (step.Uses == "") == (step.Run == "") {
			t.Errorf("a step uses or runs: %+v", step)
		}
		for _, args := range commandsIn(step.Run) {
			gates++
			parses(t, args)
		}
	}
	last := steps[len(steps)-1]
	if gates != 1 || last.If != "always()" || last.With["path"] != "results" {
		t.Errorf("%d gates; the results are kept by %+v", gates, last)
	}
}

func TestGitLabRecipe(t *testing.T) {
	jobs := decode[map[string]struct {
		Image        string
		BeforeScript []string `yaml:"before_script"`
		Script       []string
		Retry        struct {
			Max       int
			ExitCodes int `yaml:"exit_codes"`
		}
		Artifacts struct {
			When    string
			Paths   []string
			Reports struct{ JUnit string }
		}
	}](t, recipe(t, "GitLab CI", "yaml"))
	gate := jobs["gate"]
	commands := commandsIn(strings.Join(gate.Script, "\n"))
	if len(commands) != 1 || gate.Retry.ExitCodes != exitUnknown || gate.Artifacts.When != "always" {
		t.Fatalf("%+v", gate)
	}
	parses(t, commands[0])
	if out := valuesOf(commands[0], "--out"); len(out) != 1 || gate.Artifacts.Reports.JUnit != out[0]+"/junit.xml" {
		t.Errorf("results go to %v, and %s is reported", out, gate.Artifacts.Reports.JUnit)
	}
}

func TestKubernetesRecipe(t *testing.T) {
	type rule struct {
		Action      string
		OnExitCodes *struct {
			ContainerName string `yaml:"containerName"`
			Operator      string
			Values        []int
		} `yaml:"onExitCodes"`
		OnPodConditions []map[string]string `yaml:"onPodConditions"`
	}
	job := decode[struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   map[string]string
		Spec       struct {
			BackoffLimit     int `yaml:"backoffLimit"`
			PodFailurePolicy struct {
				Rules []rule
			} `yaml:"podFailurePolicy"`
			Template struct {
				Spec struct {
					RestartPolicy string `yaml:"restartPolicy"`
					Containers    []struct {
						Name, Image  string
						Args         []string
						Env          []any
						Ports        []any
						VolumeMounts []any `yaml:"volumeMounts"`
						Resources    any
					}
					Volumes []any
				}
			}
		}
	}](t, recipe(t, "Kubernetes", "yaml"))
	pod := job.Spec.Template.Spec
	if job.APIVersion != "batch/v1" || job.Kind != "Job" || pod.RestartPolicy != "Never" || len(pod.Containers) != 1 {
		t.Fatalf("a failure policy goes with a Job of batch/v1 that never restarts its pod: %+v", job)
	}
	parses(t, pod.Containers[0].Args)
	what := map[int]string{}
	for _, r := range job.Spec.PodFailurePolicy.Rules {
		if r.OnExitCodes == nil {
			continue
		}
		if r.OnExitCodes.ContainerName != pod.Containers[0].Name || r.OnExitCodes.Operator != "In" {
			t.Errorf("%+v", r.OnExitCodes)
		}
		for _, code := range r.OnExitCodes.Values {
			what[code] = r.Action
		}
	}
	for code, action := range map[int]string{exitInvalid: "FailJob", exitUsage: "FailJob", exitUnknown: "Count", exitMissed: "FailJob"} {
		if what[code] != action {
			t.Errorf("exit code %d: %q, want %s", code, what[code], action)
		}
	}
}

func TestContainerRecipe(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(recipe(t, "A container", "dockerfile")), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], "FROM ") || lines[4] != `ENTRYPOINT ["seckill"]` {
		t.Errorf("%q", lines)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil || !strings.Contains(string(makefile), "linux/amd64") || !strings.Contains(lines[2], "dist/seckill-linux-amd64.tar.gz") {
		t.Errorf("%v: %s is not what make dist makes", err, lines[2])
	}
}

// Every other line of the page that runs the program is one that it takes.
func TestPipelineCommands(t *testing.T) {
	for _, block := range []string{recipe(t, "Which commit broke it", "sh"), recipe(t, "In an editor", "sh")} {
		commands := commandsIn(strings.ReplaceAll(block, `"$(mktemp -d)/gate"`, "gate"))
		if len(commands) == 0 {
			t.Errorf("no command in\n%s", block)
		}
		for _, args := range commands {
			parses(t, args)
		}
	}
}

// The table of exit codes has those of the program, each once.
func TestExitCodesAreTold(t *testing.T) {
	text, err := os.ReadFile("PIPELINES.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| `).FindAllStringSubmatch(string(text), -1) {
		told = append(told, row[1])
	}
	if !slices.Equal(told, []string{"0", "1", "2", "3", "4", "130"}) {
		t.Errorf("the table has %v", told)
	}
}
