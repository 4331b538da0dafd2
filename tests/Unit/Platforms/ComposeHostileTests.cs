using System.Text;
using Quorate.Contracts;
using Quorate.Platforms.Compose;

namespace Quorate.Tests.Unit.Platforms;

public sealed class ComposeHostileTests : IDisposable
{
    private const string Sample = """
        name: ${N:-shop}
        x-base: &base {image: "x:${TAG:-1}", environment: [A=1, "B=${X:+y}"]}
        include: [other.yaml]
        networks: {n: }
        services:
          db: {<<: *base, healthcheck: {test: [CMD, x], interval: 1m30s, retries: 3}}
          api:
            extends: {service: db}
            depends_on: {db: {condition: service_healthy}}
            ports: ["127.0.0.1:8000-8001:80-81/udp", {target: 5, published: 6}]
            volumes: ["./d:/d:ro", {type: bind, source: ., target: /e}]
            env_file: a.env
            deploy: {replicas: 2, resources: {limits: {cpus: "0.5", memory: 1g}}}
            networks: {n: }
            x-quorate: {command: [./run, "a b"], health: "http://127.0.0.1:1/", data: [{path: d, files: ["*.db"]}]}
        x-quorate: {lab: true, probes: [{name: a, service: api, url: "http://h/"}]}
        """;

    private const string Syntax = "[]{}:&*!|>'\"%@`#,-?$<\n\t\0\u001b";

    private readonly ComposeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AliasBomb_IsRefusedQuickly()
    {
        var yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 40; i++)
        {
            yaml.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");
        }

        Assert.Contains("aliases are expanded", _folder.Refusal(yaml + "services: {a: {image: x}}"), StringComparison.Ordinal);
    }

    [Fact]
    public void AliasChain_ThatNestsDeeperAndDeeper_IsRefused()
    {
        var yaml = new StringBuilder("a0: &a0 [x]\n");
        for (var i = 1; i < 5000; i++)
        {
            yaml.Append($"a{i}: &a{i} [*a{i - 1}]\n");
        }

        Assert.Contains("levels", _folder.Refusal(yaml + "services: {a: {image: x}}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void DeepNesting_IsRefused(char bracket) => Assert.NotEmpty(_folder.Refusal("services: " + new string(bracket, 500_000)));

    [Theory]
    [InlineData("services: &a {x: *a}")]
    [InlineData("services: *unknown")]
    [InlineData("services: {a: 1, a: 2}")]
    [InlineData("services: {[a]: 1}")]
    [InlineData("")]
    [InlineData("- a")]
    [InlineData("services:\n\tapi: x")]
    [InlineData("services: []")]
    [InlineData("services: {}")]
    [InlineData("services: {a: {environment: {A: \"x\\0y\"}}}")]
    [InlineData("services: {a: {<<: 5}}")]
    [InlineData("services: {a: {command: \"sh 'open\"}}")]
    [InlineData("services: {a: {healthcheck: {test: [curl, x]}}}")]
    [InlineData("services: {a: {networks: [undeclared]}}")]
    [InlineData("services: {a: {environment: [=x]}}")]
    [InlineData("services: {a: {extends: {service: b, file: /proc/self/mem}}}")]
    public void BrokenFile_IsRefused(string yaml) => Assert.Contains("compose.yaml", _folder.Refusal(yaml), StringComparison.Ordinal);

    [Fact]
    public void TooManyServices_AreRefused()
    {
        var yaml = "services:\n" + string.Concat(Enumerable.Range(0, 201).Select(i => $"  s{i}: {{image: x}}\n"));
        Assert.Contains("1 to 200", _folder.Refusal(yaml), StringComparison.Ordinal);
    }

    [Fact]
    public void TooLargeFile_IsRefused() =>
        Assert.Contains("1048576", _folder.Refusal("services: {a: {image: x}}\n#" + new string('x', 1 << 20)), StringComparison.Ordinal);

    [Fact]
    public void ControlCharacters_InAValue_AreShownHarmlessly()
    {
        var message = _folder.Refusal("services: {a: {scale: \"\\e[31m\\a\"}}");
        Assert.DoesNotContain('\u001b', message);
        Assert.Contains("\\u001b", message, StringComparison.Ordinal);
    }

    /// <summary>Whatever the bytes are, the loader answers with a site or with its one exception.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AnyBytes_GiveASiteOrAnInputError(int seed)
    {
        var random = new Random(seed);
        _folder.Write("a.env", "A=1\n");
        _folder.Write("other.yaml", "services: {c: {image: y}}");
        var path = _folder.Write("compose.yaml", Sample);
        var loaded = 0;
        Assert.NotNull(ComposeLoader.Load(path, new Dictionary<string, string>()));
        for (var run = 0; run < 500; run++)
        {
            File.WriteAllBytes(path, Mutate(random, Encoding.UTF8.GetBytes(Sample)));
            if (run % 10 == 0)
            {
                File.WriteAllBytes(Path.Combine(_folder.Path, "a.env"), Mutate(random, "A=1\nB=\"x$A\"\nexport C='z'\n"u8.ToArray()));
            }

            try
            {
                _ = ComposeLoader.Load(path, new Dictionary<string, string> { ["X"] = "1" });
                loaded++;
            }
            catch (QuorateException e)
            {
                Assert.Equal("compose_invalid", e.Code);
            }
        }

        Assert.InRange(loaded, 1, 499);
    }

    private static byte[] Mutate(Random random, byte[] bytes)
    {
        if (random.Next(20) == 0)
        {
            var noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            return noise;
        }

        var result = bytes.ToList();
        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            var at = random.Next(result.Count);
            var length = Math.Min(random.Next(1, 12), result.Count - at);
            switch (random.Next(4))
            {
                case 0:
                    result[at] = (byte)random.Next(256);
                    break;
                case 1:
                    result.RemoveRange(at, Math.Min(length, result.Count - 1));
                    break;
                case 2:
                    result.InsertRange(random.Next(result.Count), result.GetRange(at, length));
                    break;
                default:
                    result.Insert(at, (byte)Syntax[random.Next(Syntax.Length)]);
                    break;
            }
        }

        return [.. result];
    }
}
