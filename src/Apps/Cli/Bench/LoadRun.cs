using Quorate.Engine.Triage.Metrics;
using Quorate.Transport.Clients;

namespace Quorate.Cli.Bench;

/// <summary>Percentiles of the time from asking to f+1 equal replies, ms.</summary>
internal sealed record Latency(double P50, double P95, double P99);

/// <summary>Clients that ask one thing after another, each waiting for its answer, for a fixed time.</summary>
internal sealed class LoadRun(IReadOnlyList<ConsensusClient> clients, int payloadBytes, TimeProvider time)
{
    /// <summary>Answers whose times are kept; a run ends there.</summary>
    private const int MaxAnswers = 4_000_000;

    private readonly Lock gate = new();
    private readonly List<double> latencies = [];
    private long lastAnswer;
    private long longestGap;
    private long requests;

    public int Answers => latencies.Count;

    /// <summary>Longest time without any answer to anyone since the last call, ms.</summary>
    public double TakeLongestGap()
    {
        lock (gate)
        {
            var gap = time.GetElapsedTime(0, Math.Max(longestGap, time.GetTimestamp() - lastAnswer)).TotalMilliseconds;
            longestGap = 0;
            return gap;
        }
    }

    public Latency Percentiles()
    {
        latencies.Sort();
        double At(double q) => Math.Round(Quantile.Of(latencies, q), 3);
        return new Latency(At(0.50), At(0.95), At(0.99));
    }

    /// <summary>Returns when every client has its last answer.</summary>
    public async Task RunAsync(TimeSpan duration, CancellationToken token)
    {
        var started = lastAnswer = time.GetTimestamp();
        await Task.WhenAll(clients.Select(client => Task.Run(() => AskAsync(client, started, duration, token), token)));
    }

    private async Task AskAsync(ConsensusClient client, long started, TimeSpan duration, CancellationToken token)
    {
        while (time.GetElapsedTime(started) < duration && Answers < MaxAnswers)
        {
            // Not one of the commands, so that it is only logged.
            var payload = new byte[payloadBytes];
            BitConverter.TryWriteBytes(payload, Interlocked.Increment(ref requests));
            var asked = time.GetTimestamp();
            await client.RequestAsync(payload, cancellationToken: token);
            var now = time.GetTimestamp();
            lock (gate)
            {
                latencies.Add(time.GetElapsedTime(asked, now).TotalMilliseconds);
                longestGap = Math.Max(longestGap, now - lastAnswer);
                lastAnswer = now;
            }
        }
    }
}
