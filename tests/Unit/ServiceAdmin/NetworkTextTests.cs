using Quorate.Platforms.Services;

namespace Quorate.Tests.Unit.ServiceAdmin;

public sealed class NetworkTextTests
{
    private const string Saved = """
        *nat
        :OUTPUT ACCEPT [0:0]
        :DOCKER_OUTPUT - [0:0]
        -A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT
        COMMIT
        *filter
        :INPUT DROP [3:180]
        :FORWARD ACCEPT [0:0]
        -A INPUT -s 172.20.0.7/32 -m comment --comment "cut off" -j DROP
        -A INPUT -m statistic --mode random --probability 0.01000000024 -j DROP
        -A INPUT -m statistic --mode random --probability 0.01000000024 -j DROP
        COMMIT
        """;

    [Fact]
    public void Firewall_SavedRules_WithoutTheEnginesOwn()
    {
        var rules = NetworkText.Firewall(Saved).ToDictionary(r => r.Name, r => r.Value);
        Assert.Equal("2 times", rules["filter -A INPUT -m statistic --mode random --probability 0.01000000024 -j DROP"]);
        Assert.Equal("DROP", rules["filter -P INPUT"]);
        Assert.Contains("filter -A INPUT -s 172.20.0.7/32 -m comment --comment \"cut off\" -j DROP", rules.Keys);
        Assert.DoesNotContain(rules.Keys, k => k.StartsWith("nat", StringComparison.Ordinal));
    }

    [Fact]
    public void Qdiscs_Shown_WithoutTheKernelsOwn()
    {
        var found = Assert.Single(NetworkText.Qdiscs("qdisc noqueue 0: dev lo root refcnt 2 \nqdisc tbf 8001: dev eth0 root refcnt 2 rate 1Mbit burst 16Kb lat 400ms \n"));
        Assert.Equal("eth0 root", found.Name);
        Assert.Contains("tbf", found.Value, StringComparison.Ordinal);
        Assert.Contains("rate 1Mbit burst 16Kb lat 400ms", found.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Routes_OtherAddressesOfTheSameShape_AreTheSame()
    {
        const string head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        var before = NetworkText.Routes(head + "eth0\t00000000\t010014AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000014AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n").ToList();
        var after = NetworkText.Routes(head + "eth1\t00000000\t010015AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth1\t000015AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n").ToList();
        Assert.Equal(before, after);
        var cut = NetworkText.Routes(head + "*\t070014AC\t00000000\t0205\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n").ToList();
        Assert.Contains(("172.20.0.7/255.255.255.255", "rejected"), cut);
        Assert.Contains(("networks on the link", "0"), cut);
    }

    [Fact]
    public void Lines_HostsFile_WithoutTheContainersOwnName() =>
        Assert.Equal("127.0.0.1 localhost; 10.0.0.9 db", NetworkText.Lines("# hosts\n127.0.0.1\tlocalhost\n10.0.0.9 db\n172.20.0.7\tc6883e16e15a\n", "c6883e16e15a"));

    [Theory]
    [InlineData("firewall/filter -A INPUT -m comment --comment \"cut off\" -j DROP", null, "once", "iptables -w -t filter -D INPUT -m comment --comment cut off -j DROP")]
    [InlineData("firewall/filter -A INPUT -j ACCEPT", "once", null, "iptables -w -t filter -A INPUT -j ACCEPT")]
    [InlineData("firewall/filter -P INPUT", null, "DROP", "iptables -w -t filter -P INPUT ACCEPT")]
    [InlineData("qdisc/eth0 root", null, "tbf rate 1Mbit", "tc qdisc del dev eth0 root")]
    public void Commands_Difference_PutsItBack(string key, string? healthy, string? actual, string command) =>
        Assert.Equal(command, string.Join(' ', Assert.Single(NetworkInspector.Commands(Inspected.Difference(key, healthy, actual)))));

    [Theory]
    [InlineData(null, "once", true)]
    [InlineData("once", "2 times", true)]
    [InlineData("once", null, false)]
    public void CanRestore_RuleTooLongForItsKey_OnlyWhenItWasAdded(string? healthy, string? actual, bool can)
    {
        var rule = "filter -A INPUT -p tcp -m comment --comment " + new string('x', 200) + " -j DROP";
        var key = Inspection.KeyOf("firewall", rule, new SecretDigest(new byte[32]));
        Assert.True(key.Length <= Inspection.MaxKey);
        Assert.Equal(can && Environment.IsPrivilegedProcess, NetworkInspector.CanRestore(Inspected.Difference(key, healthy, actual)));
    }
}
