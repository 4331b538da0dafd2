using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Quorate.Lab.Hosting;

/// <summary>Hand-kept counters, gauges and one latency histogram, printed as Prometheus text format 0.0.4.</summary>
internal sealed class Metrics
{
    /// <summary>Upper bounds of the latency histogram in seconds.</summary>
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

    private readonly ConcurrentDictionary<(string Name, string Label, string Value), long> counters = new();
    private readonly ConcurrentDictionary<string, string> help = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Func<double>> gauges = new(StringComparer.Ordinal);
    private readonly long[] buckets = new long[Bounds.Length + 1];
    private readonly string requests;
    private readonly string duration;
    private long totalTicks;
    private int inFlight;

    public Metrics(string program)
    {
        (requests, duration) = ($"{program}_requests_total", $"{program}_request_duration_seconds");
        using var process = Process.GetCurrentProcess();
        double started = new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
        Gauge("process_start_time_seconds", "Start time of the process in seconds since the epoch.", () => started);
        Gauge("process_resident_memory_bytes", "Resident memory in bytes.", () => Environment.WorkingSet);
        Gauge("process_threads", "Operating system threads.", () => CountThreads());
        Gauge($"{program}_requests_in_flight", "Requests being answered now.", () => inFlight);
        Describe(requests, "Requests answered, by status; probes and scrapes are not counted.");
    }

    public void Describe(string counter, string text) => help[counter] = text;

    public void Count(string name, string label = "", string value = "") => counters.AddOrUpdate((name, label, value), 1, (_, n) => n + 1);

    public void Gauge(string name, string text, Func<double> read)
    {
        help[name] = text;
        gauges[name] = read;
    }

    public void Enter() => Interlocked.Increment(ref inFlight);

    public void Leave() => Interlocked.Decrement(ref inFlight);

    public void Answered(int status, TimeSpan elapsed)
    {
        Count(requests, "status", status.ToString(CultureInfo.InvariantCulture));
        int bucket = 0;
        while (bucket < Bounds.Length && elapsed.TotalSeconds > Bounds[bucket])
        {
            bucket++;
        }
        Interlocked.Increment(ref buckets[bucket]);
        Interlocked.Add(ref totalTicks, elapsed.Ticks);
    }

    public string Print()
    {
        var text = new StringBuilder(2048);
        foreach (var family in counters.GroupBy(c => c.Key.Name).OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            Head(text, family.Key, "counter");
            foreach (var (key, value) in family.OrderBy(c => c.Key.Value, StringComparer.Ordinal))
            {
                string labels = key.Label.Length == 0 ? "" : $"{{{key.Label}=\"{Escape(key.Value)}\"}}";
                text.Append(CultureInfo.InvariantCulture, $"{key.Name}{labels} {value}\n");
            }
        }
        foreach (var (name, read) in gauges.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Head(text, name, "gauge");
            text.Append(CultureInfo.InvariantCulture, $"{name} {read()}\n");
        }
        PrintCpu(text);
        PrintHistogram(text);
        return text.ToString();
    }

    private void PrintHistogram(StringBuilder text)
    {
        help[duration] = "Time to answer a request in seconds.";
        Head(text, duration, "histogram");
        long sum = 0;
        for (int i = 0; i <= Bounds.Length; i++)
        {
            sum += Interlocked.Read(ref buckets[i]);
            string bound = i == Bounds.Length ? "+Inf" : Bounds[i].ToString(CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"{duration}_bucket{{le=\"{bound}\"}} {sum}\n");
        }
        double seconds = TimeSpan.FromTicks(Interlocked.Read(ref totalTicks)).TotalSeconds;
        text.Append(CultureInfo.InvariantCulture, $"{duration}_sum {seconds}\n{duration}_count {sum}\n");
    }

    private void PrintCpu(StringBuilder text)
    {
        help["process_cpu_seconds_total"] = "User and system CPU time in seconds.";
        Head(text, "process_cpu_seconds_total", "counter");
        text.Append(CultureInfo.InvariantCulture, $"process_cpu_seconds_total {Environment.CpuUsage.TotalTime.TotalSeconds}\n");
    }

    private void Head(StringBuilder text, string name, string type)
    {
        if (help.TryGetValue(name, out string? line))
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {line}\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n");
    }

    private static int CountThreads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }

    private static string Escape(string value) => value.Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\n", @"\n");
}
