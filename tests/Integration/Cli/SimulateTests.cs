using System.Diagnostics;

namespace Quorate.Tests.Integration.Cli;

public sealed class SimulateTests : IDisposable
{
    private readonly QuorateCli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("4", 1, 3)]
    [InlineData("5", 1, 4)]
    [InlineData("7", 2, 5)]
    public async Task Simulate_SameSeedsTwice_GiveTheSameTranscript(string replicas, int liars, int quorum)
    {
        var token = TestContext.Current.CancellationToken;
        var (code, first) = await _cli.JsonAsync(token, "simulate", "--seeds", "1..40", "--replicas", replicas);
        var (again, second) = await _cli.JsonAsync(token, "simulate", "--seeds", "1..40", "--replicas", replicas);
        Assert.Equal((0, 0), (code, again));
        Assert.Equal(first.GetProperty("transcript_hash").GetString(), second.GetProperty("transcript_hash").GetString());
        Assert.Equal((40, liars, quorum), (first.GetProperty("seeds").GetInt32(), first.GetProperty("liars").GetInt32(), first.GetProperty("quorum").GetInt32()));
        Assert.True(first.GetProperty("events_per_s").GetInt64() > 0);
    }

    [Fact]
    public async Task Simulate_PlantedBug_IsFoundAndItsCommandShowsItAgain()
    {
        var token = TestContext.Current.CancellationToken;
        var (code, document) = await _cli.JsonAsync(token, "simulate", "--planted", "forgotten_vote");
        Assert.Equal(0, code);
        var row = document.GetProperty("planted")[0];
        var rerun = await _cli.RunAsync(token, row.GetProperty("rerun").GetString()!.Split(' ')[1..]);
        Assert.Equal(1, rerun.Code);
        Assert.Contains(row.GetProperty("violation").GetString()!, rerun.Stdout, StringComparison.Ordinal);
        Assert.Contains("PRE-PREPARE view 0 seq 1", rerun.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulate_PlantedBugInTooFewSeeds_ExitsOne()
    {
        var (code, document) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "simulate", "--planted", "unchecked_new_view", "--seeds", "1..3");
        Assert.Equal(1, code);
        Assert.Equal(0, document.GetProperty("found").GetInt32());
    }

    [Fact]
    public async Task Simulate_Transcript_IsTheSameByteForByte()
    {
        var token = TestContext.Current.CancellationToken;
        var first = await _cli.RunAsync(token, "simulate", "--seed", "42", "--faults", "loss,byzantine", "--transcript");
        var second = await _cli.RunAsync(token, "simulate", "--seeds", "42", "--faults", "loss,byzantine", "--transcript");
        Assert.Equal(0, first.Code);
        Assert.Equal(first.Stdout, second.Stdout);
        Assert.True(first.Stdout.Split('\n').Length > 100);
    }

    [Fact]
    public async Task Simulate_Interrupted_EndsSoonWithWhatWasDone()
    {
        var token = TestContext.Current.CancellationToken;
        using var process = _cli.Start("simulate", "--seeds", "1..10000000", "--json");
        // Once the transcript of one seed could be done, the sweep is certainly under way.
        await _cli.RunAsync(token, "simulate", "--seed", "1");
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(token);
        }

        var clock = Stopwatch.StartNew();
        var document = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(await process.StandardOutput.ReadToEndAsync(token));
        await process.WaitForExitAsync(token);
        Assert.Equal(130, process.ExitCode);
        Assert.True(document.GetProperty("interrupted").GetBoolean());
        Assert.True(document.GetProperty("seeds").GetInt64() > 0);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), $"took {clock.Elapsed}");
    }
}
