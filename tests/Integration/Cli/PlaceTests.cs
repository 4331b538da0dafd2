using System.Diagnostics;
using System.Text.Json;

namespace Quorate.Tests.Integration.Cli;

public sealed class PlaceTests : IDisposable
{
    private static readonly string Jobs = Path.Combine(QuorateCli.Root, "lab/workloads/jobs-30.json");
    private static readonly string Cluster = Path.Combine(QuorateCli.Root, "lab/clusters/five-agents.json");
    private static readonly string Faults = Path.Combine(QuorateCli.Root, "lab/faults/agents.json");
    private readonly QuorateCli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("consensus")]
    [InlineData("auction")]
    [InlineData("hierarchy")]
    public async Task Place_ShippedExample_PlacesAllByEachProtocol(string protocol)
    {
        var (code, result) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "place", Jobs, "--cluster", Cluster, "--protocol", protocol);
        Assert.Equal(0, code);
        var jobs = result.GetProperty("jobs").EnumerateArray().ToList();
        Assert.Equal(30, jobs.Count);
        Assert.All(jobs, j => Assert.Equal(("placed", "completed", 5), (j.GetProperty("outcome").GetString(), j.GetProperty("execution").GetString(), j.GetProperty("votes").GetArrayLength())));
        Assert.Equal(1, result.GetProperty("report").GetProperty("success_rate").GetDouble());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("report").GetProperty("recovery_ms").ValueKind);
    }

    [Fact]
    public async Task Place_UnderFaults_PlacesAllAndEveryCertificateVerifies()
    {
        var proofs = Path.Combine(_cli.Home, "proofs");
        var (code, result) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "place", Jobs, "--cluster", Cluster, "--faults", Faults, "--seed", "3", "--certificates", proofs);
        Assert.Equal(0, code);
        Assert.NotEqual(0, result.GetProperty("faults").GetArrayLength());
        foreach (var job in result.GetProperty("jobs").EnumerateArray().Take(3))
        {
            var verified = await _cli.RunAsync(TestContext.Current.CancellationToken, "certificate", "verify", Path.Combine(proofs, job.GetProperty("name").GetString() + ".cert"), "--keys", Path.Combine(proofs, "agents.keys"));
            Assert.Equal(0, verified.Code);
            Assert.Contains(job.GetProperty("name").GetString()!, verified.Stdout, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Place_LargerThanTheCluster_IsRejectedWithWhatIsMissing()
    {
        var file = Path.Combine(_cli.Home, "huge.json");
        await File.WriteAllTextAsync(file, """{"name":"huge","cpu_cores":1000000}""", TestContext.Current.CancellationToken);
        var (code, result) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "place", file, "--cluster", Cluster);
        Assert.Equal(1, code);
        var job = result.GetProperty("jobs")[0];
        Assert.Equal("rejected", job.GetProperty("outcome").GetString());
        Assert.Equal(JsonValueKind.Null, job.GetProperty("certificate").ValueKind);
        Assert.Contains("GPU_SPECIALIST lacks 998464 cores", job.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"a","cpu_cores":0}""", "cpu_cores")]
    [InlineData("""{"name":"a","cpu_cores":-4}""", "cpu_cores")]
    [InlineData("""{"name":"a","cpu_cores":1,"memory_gb":1e400}""", "memory_gb")]
    [InlineData("""[{"name":"a","cpu_cores":1},{"name":"a","cpu_cores":1}]""", "the name a")]
    [InlineData("""[{"name":"a","cpu_cores":1,"depends_on":["b"]},{"name":"b","cpu_cores":1,"depends_on":["a"]}]""", "a")]
    public async Task Place_WrongJob_NamesTheField(string json, string named)
    {
        var file = Path.Combine(_cli.Home, "job.json");
        await File.WriteAllTextAsync(file, json, TestContext.Current.CancellationToken);
        var result = await _cli.RunAsync(TestContext.Current.CancellationToken, "place", file, "--cluster", Cluster);
        Assert.Equal(2, result.Code);
        Assert.Contains(named, result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Place_FileNoUtf8_IsNamed()
    {
        var file = Path.Combine(_cli.Home, "job.json");
        await File.WriteAllBytesAsync(file, [.. "{\"name\":\"a\",\"cpu_cores\":1,\"user\":\""u8, 0xFF, .. "\"}"u8], TestContext.Current.CancellationToken);
        var (code, document) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "place", Jobs, file, "--cluster", Cluster);
        Assert.Equal(2, code);
        Assert.Equal($"{file} is not UTF-8 from byte 35 on.", document.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task Place_WrongJobInOneOfManyFiles_NamesTheFile()
    {
        var file = Path.Combine(_cli.Home, "wrong.json");
        await File.WriteAllTextAsync(file, """{"name":"-x","cpu_cores":1}""", TestContext.Current.CancellationToken);
        var (code, document) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "place", Jobs, file, "--cluster", Cluster);
        var error = document.GetProperty("error");
        Assert.Equal((2, "job_invalid"), (code, error.GetProperty("code").GetString()));
        Assert.StartsWith($"{file}: name is \"-x\"; 1 to 64", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("docs/schemas/job.json", error.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Place_WrongSurroundings_AreSaidBeforeAnythingIsShown()
    {
        var result = await _cli.RunAsync(TestContext.Current.CancellationToken, "place", Jobs, "--cluster", Cluster, "--home", "/proc/nope");
        Assert.Equal((3, ""), (result.Code, result.Stdout));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Place_Interrupted_EndsSoonWithOneDocument(string signal)
    {
        var token = TestContext.Current.CancellationToken;
        var file = Path.Combine(_cli.Home, "jobs.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(Enumerable.Range(0, 5000).Select(i => new { name = $"job-{i}", cpu_cores = 1 })), token);
        using var process = _cli.Start("place", file, "--cluster", Cluster, "--batch", "1", "--json");
        var errors = DrainAsync(process, out var begun, token);
        await begun;
        using (var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(token);
        }

        var document = JsonSerializer.Deserialize<JsonElement>(await process.StandardOutput.ReadToEndAsync(token));
        await process.WaitForExitAsync(token);
        await errors;
        Assert.Equal(130, process.ExitCode);
        var error = document.GetProperty("error");
        Assert.Equal("interrupted", error.GetProperty("code").GetString());
        Assert.All((string[])["message", "hint"], name => Assert.NotEmpty(error.GetProperty(name).GetString()!));
    }

    /// <summary>Reads what is said to people, so that the process never waits; begun ends with the first line.</summary>
    private static Task DrainAsync(Process process, out Task begun, CancellationToken token)
    {
        var first = new TaskCompletionSource();
        begun = first.Task;
        return Task.Run(
            async () =>
            {
                while (await process.StandardError.ReadLineAsync(token) is not null)
                {
                    first.TrySetResult();
                }

                first.TrySetResult();
            },
            token);
    }
}
