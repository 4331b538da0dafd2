using System.Globalization;
using System.Text;
using System.Text.Json;
using Quorate.Protocol.Provenance;

namespace Quorate.Tests.Unit.Provenance;

public sealed class CanonicalJsonTests
{
    // RFC 8785, section 3.2.2 and 3.2.3; appendix B for the numbers.
    [Theory]
    [InlineData("""{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}""",
        """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""")]
    [InlineData("""{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}""",
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}")]
    [InlineData("[ ]", "[]")]
    [InlineData("-0.0", "0")]
    [InlineData("1.0", "1")]
    public void Write_RfcExample_GivesTheRfcText(string json, string expected) => Assert.Equal(expected, Canonical(json));

    [Theory]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0xc340000000000000, "-9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void Write_NumberOfTheRfcsAppendix_GivesItsText(ulong bits, string expected) =>
        Assert.Equal(expected, Canonical(BitConverter.UInt64BitsToDouble(bits).ToString("R", CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("1e400")]
    [InlineData("\"\\ud800\"")]
    public void Write_ValueWithoutCanonicalForm_IsRefused(string json) => Assert.Throws<JsonException>(() => Canonical(json));

    [Fact]
    public void Write_RandomValues_IsStableSortedAndKeepsTheMeaning()
    {
        var random = new Random(20_241);
        for (var i = 0; i < 2_000; i++)
        {
            var value = RandomJson.Value(random, depth: 4);
            var (tidy, messy) = (RandomJson.Write(value, null), RandomJson.Write(value, new Random(i)));
            var canonical = Canonical(tidy);
            Assert.Equal(canonical, Canonical(messy));
            Assert.Equal(canonical, Canonical(canonical));
            Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(tidy).RootElement, JsonDocument.Parse(canonical).RootElement), canonical);
        }
    }

    [Fact]
    public void Write_RandomDoubles_ReadBackExactly()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var number = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsFinite(number))
            {
                Assert.Equal(number, double.Parse(Canonical(number.ToString("R", CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture));
            }
        }
    }

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        var text = CanonicalJson.ToText(document.RootElement);
        Assert.Equal(text, Encoding.UTF8.GetString(CanonicalJson.ToBytes(document.RootElement)));
        return text;
    }
}

/// <summary>JSON values from a seed, and texts of them that differ in order, spaces and escapes.</summary>
internal static class RandomJson
{
    public static object? Value(Random random, int depth) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => (double)random.Next(-1000, 1000),
        3 => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-30, 30)),
        4 => Text(random),
        5 => Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1)).ToList(),
        _ => Enumerable.Range(0, random.Next(5)).Select(_ => Text(random)).Distinct().ToDictionary(k => k, _ => Value(random, depth - 1)),
    };

    /// <summary>Tidy without <paramref name="disorder"/>; with it members are shuffled, spaces added and characters escaped.</summary>
    public static string Write(object? value, Random? disorder)
    {
        var space = disorder is not null && disorder.Next(2) == 0 ? " \t" : string.Empty;
        return value switch
        {
            null => "null",
            bool b => b ? "true" : "false",
            double d => d.ToString(disorder is null ? "R" : "E16", CultureInfo.InvariantCulture),
            string s => Quote(s, disorder),
            List<object?> list => $"[{space}{string.Join("," + space, list.Select(v => Write(v, disorder)))}{space}]",
            Dictionary<string, object?> map => "{" + space + string.Join(
                "," + space, map.OrderBy(_ => disorder?.Next() ?? 0).Select(m => $"{Quote(m.Key, disorder)}:{space}{Write(m.Value, disorder)}")) + "}",
            _ => throw new ArgumentException($"unexpected {value}", nameof(value)),
        };
    }

    private static string Text(Random random)
    {
        string[] pieces = ["a", "Z", "0", "\"", "\\", "/", "\n", "\u0001", "\u007f", "é", "€", "\ufb33", "😀", "\u2028", " ", "<"];
        return string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => pieces[random.Next(pieces.Length)]));
    }

    private static string Quote(string text, Random? disorder) =>
        "\"" + string.Concat(text.Select(c => c is '"' or '\\' or < ' ' || (disorder is not null && (char.IsSurrogate(c) || disorder.Next(3) == 0)) ? $"\\u{(int)c:x4}" : c.ToString())) + "\"";
}
