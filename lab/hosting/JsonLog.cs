using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Quorate.Lab.Hosting;

/// <summary>
/// One JSON object per line on standard output: ts, level, service, msg, meta. The same message is printed at most
/// <see cref="RepeatsPerSecond"/> times a second; the next one printed says how many were left out.
/// </summary>
internal sealed class JsonLog(string service, TimeProvider time)
{
    private const int RepeatsPerSecond = 3;
    private const int MaxText = 2_000;
    private const int MaxRemembered = 512;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ConcurrentDictionary<string, Repeat> repeats = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly Stream output = Console.OpenStandardOutput();

    public void Info(string msg, params ReadOnlySpan<(string Key, string Value)> meta) => Write("INFO", msg, null, meta);

    public void Warn(string msg, Exception? cause, params ReadOnlySpan<(string Key, string Value)> meta) => Write("WARN", msg, cause, meta);

    public void Error(string msg, Exception? cause, params ReadOnlySpan<(string Key, string Value)> meta) => Write("ERROR", msg, cause, meta);

    /// <summary>The exception's type and the messages of its whole chain go into meta.</summary>
    public void Write(string level, string msg, Exception? cause, params ReadOnlySpan<(string Key, string Value)> meta)
    {
        if (!MayPrint(level + msg, out int left))
        {
            return;
        }
        using var buffer = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("ts", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", level);
            json.WriteString("service", service);
            json.WriteString("msg", Cut(msg));
            json.WriteStartObject("meta");
            foreach ((string key, string value) in meta)
            {
                json.WriteString(key, Cut(value));
            }
            WriteCause(json, cause);
            if (left > 0)
            {
                json.WriteString("repeats_left_out", left.ToString(CultureInfo.InvariantCulture));
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        lock (gate)
        {
            output.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
            output.Flush();
        }
    }

    private static void WriteCause(Utf8JsonWriter json, Exception? cause)
    {
        if (cause is null)
        {
            return;
        }
        json.WriteString("exception", cause.GetType().FullName);
        var text = new StringBuilder(cause.Message);
        for (Exception? inner = cause.InnerException; inner is not null; inner = inner.InnerException)
        {
            text.Append(" <- ").Append(inner.GetType().Name).Append(": ").Append(inner.Message);
        }
        json.WriteString("error", Cut(text.ToString()));
    }

    private bool MayPrint(string key, out int left)
    {
        if (repeats.Count > MaxRemembered)
        {
            repeats.Clear();
        }
        Repeat repeat = repeats.GetOrAdd(key, _ => new Repeat());
        lock (repeat)
        {
            long now = time.GetTimestamp();
            if (repeat.Printed == 0 || time.GetElapsedTime(repeat.Since, now) >= TimeSpan.FromSeconds(1))
            {
                left = repeat.Left;
                (repeat.Since, repeat.Printed, repeat.Left) = (now, 1, 0);
                return true;
            }
            left = 0;
            if (repeat.Printed < RepeatsPerSecond)
            {
                repeat.Printed++;
                return true;
            }
            repeat.Left++;
            return false;
        }
    }

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];

    private sealed class Repeat
    {
        public long Since;
        public int Printed;
        public int Left;
    }
}
