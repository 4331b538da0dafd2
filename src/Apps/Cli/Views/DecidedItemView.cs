using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Storage.Keys;

namespace Quorate.Cli.Views;

/// <summary>Bytes as people and programs can read them: as JSON, else as text, else in hex; cut at <see cref="MostBytes"/>.</summary>
internal sealed record ReadableBytes(int Bytes, JsonElement? Json, string? Text, string? Hex, bool? Cut)
{
    public const int MostBytes = 8192;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static ReadableBytes Of(byte[] bytes)
    {
        bool? cut = bytes.Length > MostBytes ? true : null;
        try
        {
            var text = Strict.GetString(bytes);
            if (text.Any(c => char.IsControl(c) && c is not '\n' and not '\t'))
            {
                return InHex(bytes, cut);
            }

            return Parse(text) is { } json && cut is null
                ? new ReadableBytes(bytes.Length, json, null, null, null)
                : new ReadableBytes(bytes.Length, null, text[..Math.Min(text.Length, MostBytes)], null, cut);
        }
        catch (DecoderFallbackException)
        {
            return InHex(bytes, cut);
        }
    }

    public string ForPeople() => Json is { } json ? json.GetRawText() : Text is { } text ? $"\"{text}\"" : Bytes == 0 ? "nothing" : $"{Bytes} bytes 0x{Hex}";

    private static ReadableBytes InHex(byte[] bytes, bool? cut) =>
        new(bytes.Length, null, null, Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, MostBytes))), cut);

    // Only objects and arrays: a bare number or word reads better as the text it is.
    private static JsonElement? Parse(string text)
    {
        if (!text.StartsWith('{') && !text.StartsWith('['))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One replica's signed opinion.</summary>
internal sealed record OpinionRow(string Author, ReadableBytes Value);

/// <summary>What was decided, in words.</summary>
internal sealed record DecidedItemView(
    string Kind, string Client, ulong ClientSequence, ReadableBytes Payload, ReadableBytes? Outcome, IReadOnlyList<OpinionRow>? Opinions, string? Excluded, string? Fault)
{
    public static DecidedItemView? Of(Item? item, GroupDirectory group)
    {
        if (item is null)
        {
            return null;
        }

        var request = item.Request;
        var isQuestion = request.Type == RequestKind.Question;
        var evidence = request.Type == RequestKind.Exclusion && Evidence.TryDecode(request.Payload, out var found) ? found : null;
        return new DecidedItemView(
            QuorateJson.NameOf(request.Type),
            group.IdOf(request.Client),
            request.Sequence,
            ReadableBytes.Of(request.Payload),
            isQuestion ? ReadableBytes.Of(item.Outcome) : null,
            isQuestion ? [.. item.Opinions.Select(o => new OpinionRow(group.IdOf(o.Author), ReadableBytes.Of(o.Value)))] : null,
            evidence is null ? null : group.IdOf(evidence.Accused),
            evidence is null ? null : QuorateJson.NameOf(evidence.Kind));
    }

    public IEnumerable<string> Lines()
    {
        yield return $"{Kind} {ClientSequence} of {Client}: {(Excluded is null ? Payload.ForPeople() : $"exclude {Excluded}, proven {Fault}")}";
        if (Outcome is { } outcome)
        {
            yield return $"outcome: {outcome.ForPeople()}";
        }

        foreach (var opinion in Opinions ?? [])
        {
            yield return $"opinion of {opinion.Author}: {opinion.Value.ForPeople()}";
        }
    }
}
