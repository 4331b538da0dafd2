using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Quorate.Lab.Hosting;

/// <summary>What the generator did. Latencies in milliseconds; Failures: no answer, or 500 and above.</summary>
internal sealed record LoadReport(int Sent, int Failures, SortedDictionary<string, int> Answers, double P50Ms, double P99Ms, double Seconds);

/// <summary>Of an order only its id: text or a number.</summary>
internal sealed record PlacedOrder(JsonElement Id);

/// <summary>A bounded, seeded stream of orders and look-ups at a fixed rate, open-loop: a slow shop does not slow the customers.</summary>
internal sealed class Load(Uri url, int rate, int seconds, int seed, int mix)
{
    private const int MaxRate = 200;
    private const int MaxSeconds = 3_600;
    private const int MaxInFlight = 256;

    private static readonly string[] Items = ["tea", "rice", "soap", "lamp", "book"];
    private readonly Random random = new(seed);
    private readonly ConcurrentDictionary<string, int> answers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<double> latencies = new();
    private readonly ConcurrentQueue<string> known = new();
    private int inFlight;

    /// <param name="args">What follows the word load.</param>
    /// <param name="fallback">The address when none is given.</param>
    public static async Task<int> RunAsync(string[] args, string fallback)
    {
        var load = new Load(NearUrl(args, fallback), Option(args, "--rate", 20, 1, MaxRate), Option(args, "--seconds", 10, 1, MaxSeconds), Option(args, "--seed", 1, 0, int.MaxValue), Option(args, "--mix", 50, 0, 100));
        LoadReport report = await load.SendAllAsync(TimeProvider.System);
        Console.WriteLine(JsonSerializer.Serialize(report, HostJson.Default.LoadReport));
        return report.Failures == 0 ? 0 : 1;
    }

    private async Task<LoadReport> SendAllAsync(TimeProvider time)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / rate), time);
        var tasks = new List<Task>(rate * seconds);
        long started = time.GetTimestamp();
        while (tasks.Count < rate * seconds && time.GetElapsedTime(started).TotalSeconds < seconds + 1)
        {
            if (Volatile.Read(ref inFlight) < MaxInFlight)
            {
                Interlocked.Increment(ref inFlight);
                tasks.Add(SendAsync(client, Next(), time));
            }
            else
            {
                Count("not sent: too many in flight");
            }
            await timer.WaitForNextTickAsync();
        }
        await Task.WhenAll(tasks);
        double[] sorted = [.. latencies.Order()];
        int failures = answers.Where(a => !a.Key.StartsWith('2') && a.Key != "404").Sum(a => a.Value);
        return new LoadReport(tasks.Count, failures, new SortedDictionary<string, int>(answers, StringComparer.Ordinal),
            Quantile(sorted, 0.5), Quantile(sorted, 0.99), Math.Round(time.GetElapsedTime(started).TotalSeconds, 2));
    }

    /// <summary>Of a hundred requests <c>mix</c> are orders; seven in ten of the others look up one order, the rest the newest.</summary>
    private HttpRequestMessage Next()
    {
        int dice = random.Next(100);
        if (dice < mix)
        {
            string body = $$"""{"item":"{{Items[random.Next(Items.Length)]}}","quantity":{{random.Next(1, 10)}}}""";
            return new HttpRequestMessage(HttpMethod.Post, "/orders") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        }
        return dice < mix + ((100 - mix) * 7 / 10) && known.TryDequeue(out string? id)
            ? new HttpRequestMessage(HttpMethod.Get, $"/orders/{id}")
            : new HttpRequestMessage(HttpMethod.Get, "/orders?limit=10");
    }

    private async Task SendAsync(HttpClient client, HttpRequestMessage request, TimeProvider time)
    {
        long started = time.GetTimestamp();
        try
        {
            using HttpResponseMessage answer = await client.SendAsync(request);
            Count(((int)answer.StatusCode).ToString());
            if (answer.StatusCode is HttpStatusCode.Created && await answer.Content.ReadAsync(HostJson.Default.PlacedOrder, default) is { } order)
            {
                known.Enqueue(order.Id.ToString());
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            Count(failure is OperationCanceledException ? "timeout" : failure.Message);
        }
        finally
        {
            latencies.Enqueue(time.GetElapsedTime(started).TotalMilliseconds);
            request.Dispose();
            Interlocked.Decrement(ref inFlight);
        }
    }

    private void Count(string answer) => answers.AddOrUpdate(answer, 1, (_, n) => n + 1);

    private static double Quantile(double[] sorted, double q) => sorted.Length == 0 ? 0 : Math.Round(sorted[(int)(q * (sorted.Length - 1))], 2);

    private static Uri NearUrl(string[] args, string fallback)
    {
        string text = Value(args, "--url") ?? fallback;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttp && Dns.GetHostAddresses(url.DnsSafeHost).All(HttpJson.IsNear)
            ? url
            : throw new UsageException($"--url {text} must be an http:// address of this machine or its container networks");
    }

    private static int Option(string[] args, string name, int fallback, int min, int max)
    {
        string? text = Value(args, name);
        return text is null ? fallback
            : int.TryParse(text, out int value) && value >= min && value <= max ? value
            : throw new UsageException($"{name} {text} must be a whole number from {min} to {max}");
    }

    private static string? Value(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
