using Quorate.Contracts.Sites;

namespace Quorate.Tests.Unit.Platforms;

public sealed class ComposeValueTests : IDisposable
{
    private readonly ComposeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ServiceSpec LoadService(string lines, params (string Name, string Value)[] environment) =>
        _folder.Load($"services:\n  api:\n    image: x\n{lines}", environment).Find("api")!;

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5s", 1_500)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0", 0)]
    [InlineData("250us", 0.25)]
    public void Duration_InGoForm_IsRead(string text, double milliseconds)
    {
        var service = LoadService($"    healthcheck: {{test: x, interval: {text}}}");
        Assert.Equal(milliseconds, service.HealthCheck!.Interval.TotalMilliseconds, 6);
    }

    [Theory]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("1 day")]
    [InlineData("-3s")]
    [InlineData("25h")]
    [InlineData("1..5s")]
    public void Duration_InOtherForm_IsRefusedWithLineAndForm(string text)
    {
        var message = _folder.Refusal($"services:\n  api:\n    healthcheck:\n      test: x\n      interval: {text}");
        Assert.Contains("compose.yaml:5: services.api.healthcheck.interval", message, StringComparison.Ordinal);
        Assert.Contains($"\"{text}\"", message, StringComparison.Ordinal);
        Assert.Contains("1m30s", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mem_limit: 512m", 536_870_912L)]
    [InlineData("mem_limit: 64kb", 65_536L)]
    [InlineData("mem_limit: 1GiB", 1_073_741_824L)]
    [InlineData("mem_limit: 1.5g", 1_610_612_736L)]
    [InlineData("mem_limit: 4096b", 4_096L)]
    [InlineData("mem_limit: 4096", 4_096L)]
    [InlineData("deploy: {resources: {limits: {memory: 50M}}}", 52_428_800L)]
    [InlineData("mem_limit: 0", null)]
    public void Memory_InAnyUnit_IsBytes(string line, long? bytes) => Assert.Equal(bytes, LoadService("    " + line).MemoryBytes);

    [Theory]
    [InlineData("cpus: 0.5", 0.5)]
    [InlineData("cpus: '2'", 2.0)]
    [InlineData("deploy: {resources: {limits: {cpus: '0.25'}}}", 0.25)]
    [InlineData("cpus: 0", null)]
    public void Cpus_EitherPlace_AreCores(string line, double? cores) => Assert.Equal(cores, LoadService("    " + line).Cpus);

    [Theory]
    [InlineData("scale: 3", 3)]
    [InlineData("deploy: {replicas: 2}", 2)]
    [InlineData("deploy: {replicas: 0}", 0)]
    [InlineData("restart: always", 1)]
    public void Replicas_EitherPlace_AreRead(string line, int replicas) => Assert.Equal(replicas, LoadService("    " + line).Replicas);

    [Theory]
    [InlineData("\"3000\"", ":0:3000/tcp")]
    [InlineData("8000:80", ":8000:80/tcp")]
    [InlineData("\"127.0.0.1:8001:81\"", "127.0.0.1:8001:81/tcp")]
    [InlineData("\"127.0.0.1::82\"", "127.0.0.1:0:82/tcp")]
    [InlineData("\"[::1]:8003:83\"", "::1:8003:83/tcp")]
    [InlineData("\"6060:6060/udp\"", ":6060:6060/udp")]
    [InlineData("\"3000-3002\"", ":0:3000/tcp :0:3001/tcp :0:3002/tcp")]
    [InlineData("\"9090-9091:8080-8081\"", ":9090:8080/tcp :9091:8081/tcp")]
    [InlineData("\"9000-9100:80\"", ":0:80/tcp")]
    [InlineData("{target: 80, published: '8080', host_ip: 127.0.0.1, protocol: udp, mode: host}", "127.0.0.1:8080:80/udp")]
    [InlineData("{target: 80}", ":0:80/tcp")]
    public void Port_InAnyForm_IsRead(string text, string expected)
    {
        var ports = LoadService($"    ports: [{text}]").Ports;
        Assert.Equal(expected, string.Join(' ', ports.Select(p => $"{p.HostIp}:{p.HostPort}:{p.ContainerPort}/{p.Protocol}")));
    }

    [Theory]
    [InlineData("\"70000\"")]
    [InlineData("\"0:80\"")]
    [InlineData("\"8000-8001:80-82\"")]
    [InlineData("\"82-80\"")]
    [InlineData("\"a:b\"")]
    [InlineData("\"80/icmp\"")]
    [InlineData("\"host:80:80\"")]
    [InlineData("{published: 80}")]
    [InlineData("[80]")]
    [InlineData("\"1-65535\"")]
    public void Port_InOtherForm_IsRefused(string text)
    {
        var message = _folder.Refusal($"services:\n  api:\n    ports:\n      - {text}");
        Assert.Contains("compose.yaml:4: services.api.ports[0]", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo hello", "echo|hello")]
    [InlineData("'sh -c \"a b\" c\\ d'", "sh|-c|a b|c d")]
    [InlineData("[\"a b\", c]", "a b|c")]
    [InlineData("\"x '' y\"", "x||y")]
    [InlineData("\"x 'a\\\"b'\"", "x|a\"b")]
    public void Command_TextOrList_IsWords(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', LoadService($"    command: {text}").Command!));

    [Theory]
    [InlineData("{A: one, B: 2, C: true, D: , E: ''}", "A=one B=2 C=true D=outer E=")]
    [InlineData("[A=one, B=x=y, D, F]", "A=one B=x=y D=outer")]
    public void Environment_MapOrList_IsRead(string text, string expected)
    {
        var service = LoadService($"    environment: {text}", ("D", "outer"));
        Assert.Equal(expected, string.Join(' ', service.Environment.Select(e => $"{e.Key}={e.Value}")));
    }

    [Theory]
    [InlineData("test: curl -f x", "CMD-SHELL|curl -f x")]
    [InlineData("test: [CMD, curl, -f]", "CMD|curl|-f")]
    [InlineData("test: [NONE]", null)]
    [InlineData("{test: [CMD, x], disable: true}", null)]
    [InlineData("interval: 5s", null)]
    public void HealthCheck_InAnyForm_IsRead(string text, string? expected)
    {
        var check = LoadService($"    healthcheck:\n      {text}").HealthCheck;
        Assert.Equal(expected, check is null ? null : string.Join('|', check.Test));
    }

    [Theory]
    [InlineData("./data:/var/data", "bind|{0}/data|/var/data|False")]
    [InlineData("/abs:/x:ro,z", "bind|/abs|/x|True")]
    [InlineData("named:/x", "volume|named|/x|False")]
    [InlineData("/only", "volume||/only|False")]
    [InlineData("{type: bind, source: ./d, target: /x, read_only: true}", "bind|{0}/d|/x|True")]
    [InlineData("{type: tmpfs, target: /x}", "tmpfs||/x|False")]
    public void Volume_InAnyForm_IsRead(string text, string expected)
    {
        var volume = Assert.Single(LoadService($"    volumes: [{(text[0] == '{' ? text : $"\"{text}\"")}]").Volumes);
        Assert.Equal(expected.Replace("{0}", _folder.Path, StringComparison.Ordinal), $"{volume.Type}|{volume.Source}|{volume.Target}|{volume.ReadOnly}");
    }

    [Theory]
    [InlineData("[db]", "db:service_started")]
    [InlineData("{db: {condition: service_healthy}}", "db:service_healthy")]
    [InlineData("{db: {condition: service_completed_successfully, required: false}}", "db:service_completed_successfully")]
    [InlineData("{gone: {required: false}}", "")]
    public void DependsOn_ListOrMap_IsRead(string text, string expected)
    {
        var site = _folder.Load($"services:\n  db: {{image: y}}\n  api:\n    depends_on: {text}");
        Assert.Equal(expected, string.Join(' ', site.Find("api")!.DependsOn.Select(d => $"{d.Service}:{d.Condition}")));
    }

    [Theory]
    [InlineData("", "default")]
    [InlineData("    networks: [a, b]", "a|b")]
    [InlineData("    networks: {a: , b: {aliases: [x]}}", "a|b")]
    [InlineData("    network_mode: host", "")]
    public void Networks_InAnyForm_AreTheFilesKeys(string line, string expected)
    {
        var site = _folder.Load($"networks: {{a: , b: }}\nservices:\n  api:\n    image: x\n{line}");
        Assert.Equal(expected, string.Join('|', site.Find("api")!.Networks));
    }

    [Fact]
    public void Labels_MapOrList_AreRead()
    {
        Assert.Equal("b", LoadService("    labels: {a: b}").Labels["a"]);
        Assert.Equal("b=c", LoadService("    labels: [a=b=c]").Labels["a"]);
    }
}
