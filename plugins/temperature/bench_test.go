package temperature_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/temperature"
)

// BenchmarkCollect collects from a processor with sixteen cores and a board with
// thirty sensors, made of files, since most build machines have no sensor.
func BenchmarkCollect(b *testing.B) {
	root := b.TempDir()
	chip := func(number int, name string, files map[string]string) {
		folder := filepath.Join(root, fmt.Sprintf("sys/class/hwmon/hwmon%d", number))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			b.Fatal(err)
		}
		files["name"] = name
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(text+"\n"), 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	cores, board := map[string]string{}, map[string]string{}
	for i := range 16 {
		temp := fmt.Sprintf("temp%d_", i+1)
		cores[temp+"input"], cores[temp+"max"], cores[temp+"crit"] = "45000", "80000", "100000"
		cores[temp+"label"], cores[temp+"crit_alarm"] = fmt.Sprint("Core ", i), "0"
	}
	for i := range 10 {
		board[fmt.Sprintf("temp%d_input", i+1)] = "30000"
		board[fmt.Sprintf("fan%d_input", i+1)] = "900"
		board[fmt.Sprintf("in%d_input", i)] = "1008"
	}
	chip(0, "coretemp", cores)
	chip(1, "nct6775", board)

	p := temperature.Plugin()
	plugintest.Benchmark(b, p, plugintest.Open(b, p, `{}`, plugin.Host{
		Files: hostfs.New(hostfs.Options{Root: root}), Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}))
}
